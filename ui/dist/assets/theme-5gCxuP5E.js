// Theme, direction and language before the first paint. A file of its own: the policy of the pages allows no inline script.
(function () {
    var root = document.documentElement;
    var dark = matchMedia('(prefers-color-scheme: dark)');
    function kept(name) {
        try {
            return localStorage.getItem('pollux.' + name);
        } catch {
            return null;
        }
    }
    function show() {
        var theme = kept('theme');
        root.dataset.theme = theme === 'light' || theme === 'dark' ? theme : dark.matches ? 'dark' : 'light';
        // What is around the page: the bar of an installed app, of a phone's browser.
        document.querySelector('meta[name="theme-color"]').content = root.dataset.theme === 'dark' ? '#0f1317' : '#ffffff';
    }
    var language = kept('language') || ((navigator.language || '').slice(0, 2) === 'ar' ? 'ar' : 'en');
    if (language === 'ar') {
        root.lang = 'ar';
        root.dir = 'rtl';
    }
    if (kept('rail') === 'closed') root.dataset.rail = 'closed';
    show();
    dark.addEventListener('change', show);
})();
