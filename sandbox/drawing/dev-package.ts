const missingCodes = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/** Loads a development package; throws with the command that installs it when it is absent. */
export async function devPackage<Module>(
  name: string,
  purpose: string,
  load: () => Module | Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error) || !missingCodes.has(String((error as NodeJS.ErrnoException).code))) throw error;
    throw new Error(`Cannot ${purpose}: the package "${name}" is missing; run npm install without --omit=dev`, {
      cause: error,
    });
  }
}
