import { drawPicture } from '../drawing/draw-picture.ts';
import { drawVideo } from '../drawing/draw-video.ts';
import type { VideoRequest } from '../drawing/draw-video.ts';
import type { PictureRequest } from '../drawing/picture-request.ts';

/** What makes the results: PNG pictures and MP4 videos. */
export type Painter = {
  picture(request: PictureRequest): Promise<Uint8Array>;
  video(request: VideoRequest): Promise<Uint8Array>;
};

export const drawingPainter: Painter = { picture: drawPicture, video: drawVideo };
