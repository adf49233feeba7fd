import type { Explanation } from '@artemis/contracts';
import { needsProxyForAll } from './adapters/download-runner.piscina.ts';
import type { Tools } from './adapters/tools.ts';
import { exampleName } from './domain/file-name.ts';
import type { SelectionFields } from './domain/presets.ts';
import { explainSelection } from './worker/explanation.ts';

/** The body of `POST /explanations`. */
export function explanationOf(selection: SelectionFields, tools: Tools): Explanation {
  const { ytDlp, jsRuntime } = tools;
  return {
    ...explainSelection({
      selection: {
        formatPreset: selection.format_preset,
        quality: selection.quality,
        options: selection.options,
      },
      engine: ytDlp && {
        ytDlpVersion: ytDlp.version,
        kind: ytDlp.kind,
        jsRuntime: jsRuntime && { name: jsRuntime.name, path: jsRuntime.path },
      },
      isProxyForAll: needsProxyForAll(selection.options, ytDlp?.kind ?? 'module'),
    }),
    output_example: exampleName(selection),
  };
}
