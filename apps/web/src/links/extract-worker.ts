import { extractUrls, type Extraction } from './extract-urls.ts';

export interface ExtractRequest {
  readonly id: number;
  readonly text: string;
  readonly markup: string;
}

export interface ExtractAnswer {
  readonly id: number;
  readonly extraction: Extraction;
}

// In a worker of its own, so that thousands of lines do not hold up the page.
addEventListener('message', ({ data }: MessageEvent<ExtractRequest>) => {
  const answer: ExtractAnswer = { id: data.id, extraction: extractUrls(data.text, data.markup) };
  postMessage(answer);
});
