// What a screen reader is told: one polite region for the course of a reply, one assertive for errors. Never tokens.
class Speech {
    polite = $state('');
    urgent = $state('');

    say(text: string): void {
        this.polite = this.polite === text ? text + '\u00a0' : text;
    }

    alert(text: string): void {
        this.urgent = this.urgent === text ? text + '\u00a0' : text;
    }
}

export const speech = new Speech();
