/** What the bytes of a file are. */
export const mediaKinds = ['image', 'video', 'audio'] as const;

export type MediaKind = (typeof mediaKinds)[number];

/** A result kept on this machine's disk; type and size were read from the bytes, not from a header. */
export type MediaFile = {
  readonly path: string;
  readonly kind: MediaKind;
  readonly mime: string;
  readonly bytes: number;
  /** In pixels as it is shown, where the header of the file says so. */
  readonly width?: number;
  readonly height?: number;
  /** Of a video or a sound, where its header says so. */
  readonly durationMs?: number;
  /** Of a sound: as its tags or its provider name it. */
  readonly title?: string;
  readonly performer?: string;
};

/** Where a provider put its result, and how it named it. */
export type MediaSource = (
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
) & { readonly title?: string };
