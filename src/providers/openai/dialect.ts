import type { GenerationRequest, Json } from '../../domain/provider.ts';
import type { FailureTable } from '../classification/classify.ts';
import type { SizeForm } from '../picture-size.ts';

/** What some models of a server take: the first whose `names` fit the model's id counts. */
export type PictureFamily = {
  /** Absent for all the others. */
  readonly names?: RegExp;
  readonly size: SizeForm;
  /** Fields that every request for a picture carries. */
  readonly fields?: Readonly<Record<string, Json>>;
};

/** How pictures that are to be changed are sent along. */
export type InputForm =
  /** As files of a form: `image`, or `image[]` where there are several. */
  | 'files'
  /** `image: {url, type}`, or `images` where there are several. */
  | 'image-objects'
  /** `input_references: [{type, image_url: {url}}]` */
  | 'references'
  /** `image_url: "data:…"`; one picture. */
  | 'image-url';

/** A route of the server, below its version path, and fields that every request to it carries. */
type Route = { readonly path: string; readonly fields?: Readonly<Record<string, Json>> };

/** A route whose fields have other names than OpenAI's: `bodyOf` tells all of them. */
type OwnRoute = {
  readonly path: string;
  readonly bodyOf: (request: GenerationRequest) => Readonly<Record<string, Json>>;
};

/** A video that is asked for by its words in the path, from the root of the server, and is the answer itself. */
export type ClipRoute = {
  /** Before the words: `/image/`. */
  readonly path: `/${string}/`;
  readonly ratios: Extract<SizeForm, { as: 'aspect' }>['ratios'];
  readonly fields: Readonly<Record<string, string>>;
};

/** A free question; `root` where its path does not stand below the version path. */
type Question = { readonly path: `/${string}`; readonly below?: 'root' };

/** How a server makes videos: a run is submitted and asked about. */
export type VideoRoute = {
  /** Where runs are submitted, and where each is asked about by its id; from the root of the server. */
  readonly path: `/${string}`;
  readonly statusPath: `/${string}`;
  readonly fields: Readonly<Record<string, Json>>;
  readonly size: SizeForm;
  /** The field that takes the picture with which the video begins, as `{url}`; absent where none does. */
  readonly picture?: string;
  /** The field with the id of a submitted run. */
  readonly id: string;
  /** Words of `status`; every other one means that it runs. */
  readonly done: string;
  readonly failed: readonly string[];
  /**
   * Where the address of the video stands; its neighbours `duration` and `cost` are its seconds and dollars. Or what follows
   * the path of the run where the file itself is served, to its key alone; `usage.cost` are then its dollars.
   */
  readonly result: { readonly url: readonly [group: string, field: string] } | { readonly content: `/${string}` };
  readonly heldBack?: Dialect['heldBack'];
};

/**
 * How one server speaks the language of OpenAI's API, as data: where its routes are, what it calls things, what it counts.
 * A route that is absent is one that it does not have.
 */
export type Dialect = {
  readonly failures: FailureTable;
  /** Added to a base URL without a version path: `/v1`; empty where the routes stand without one. */
  readonly versionPath: '' | `/${string}`;
  readonly pictures?: { readonly path: string; readonly families: readonly PictureFamily[] };
  readonly edits?: { readonly path: string; readonly inputs: InputForm };
  readonly speech?: Route | OwnRoute;
  /** Songs: the answer is the sound, as that of speech. */
  readonly music?: OwnRoute;
  readonly chat?: Route;
  readonly responses?: Route;
  readonly videos?: VideoRoute;
  /** Videos that answer at once. */
  readonly clips?: ClipRoute;
  /** Models whose calls are counted apart from those of all others, and the words of a refusal that says so. */
  readonly countedApart?: { readonly models: RegExp; readonly words: RegExp };
  /** A flag of a picture that is there in its place: it was held back. */
  readonly heldBack?: { readonly field: string; readonly is: Json };
  /** The field of `usage` that states the price of a run, and how many of its units are a US dollar. */
  readonly cost?: { readonly field: string; readonly perDollar: number };
  /** A free question that needs a key, and whether the answer is one. */
  readonly probe: Question & { readonly isAnswer: (body: unknown) => boolean };
  /** What is left on the account. */
  readonly balance?: Question & {
    readonly unit: string;
    readonly amount: (body: unknown) => number | undefined;
  };
  /** It acts on marks in people's words: they are made harmless. */
  readonly readsMarks?: true;
};

/** Whether the body is the answer to `GET /models`. */
export function isModelList(body: unknown): boolean {
  return Array.isArray(fieldOf(body, 'data'));
}

/** A field of a parsed body; undefined where it has none. */
export function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? new Map(Object.entries(body)).get(name) : undefined;
}
