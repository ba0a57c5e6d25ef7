export const serversPaths: RegExp;
