export async function runFailpoints() {}
