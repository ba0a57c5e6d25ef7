// Back and forward may bring a page again as it was when it was left (the back/forward cache): with what it was busy with, and with what it
// knew then, however long ago. Gives what ends the listening.
export function whenRestored(act: () => void): () => void {
    const take = (event: PageTransitionEvent) => {
        if (event.persisted) act();
    };
    addEventListener('pageshow', take);
    return () => removeEventListener('pageshow', take);
}
