import type { FileHandle } from 'node:fs/promises';

/** The bytes of a file, read where they are needed. */
export type ByteSource = {
  readonly bytes: number;
  /** Fewer bytes than asked for at the end of the file. */
  read(at: number, length: number): Promise<Buffer>;
};

export function bytesOfHandle(file: FileHandle, bytes: number): ByteSource {
  return {
    bytes,
    read: async (at, length) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, bytes - at)));
      const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, at);
      return buffer.subarray(0, bytesRead);
    },
  };
}

export function bytesOfBuffer(file: Buffer): ByteSource {
  return { bytes: file.byteLength, read: async (at, length) => file.subarray(at, at + length) };
}
