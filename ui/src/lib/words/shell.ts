// Words that stand outside of the pages, where no catalogue is loaded yet: in the shell, and in the manifest of the app. The build puts them
// there, and the server its brand: in the place of <bdi>Pollux</bdi>, and of the names in a manifest.
const name = '<bdi>Pollux</bdi>';

export const shell = {
    en: {
        dir: 'ltr',
        manifest: 'manifest.webmanifest',
        about: 'Ask, close the tab, come back: replies are written on the server and wait for you.',
        newChat: 'New chat',
        account: 'Account',
        noScript: `${name} needs JavaScript. The API at this address works without it.`,
    },
    ar: {
        dir: 'rtl',
        manifest: 'manifest.ar.webmanifest',
        about: 'اسأل، أغلق التبويب، ثم عُد: تُكتب الردود على الخادم وتنتظرك.',
        newChat: 'محادثة جديدة',
        account: 'الحساب',
        noScript: `يحتاج ${name} إلى JavaScript. وتعمل واجهة API على هذا العنوان من دونها.`,
    },
} as const;
