// What a reader has chosen for the chat on this device.
import { keepText, keptText } from './kept.ts';

class Settings {
    follows = $state(keptText('follow') === 'on'); // The view follows a reply by itself.

    setFollows(on: boolean): void {
        this.follows = on;
        keepText('follow', on ? 'on' : null);
    }
}

export const settings = new Settings();
