import type { Explanation } from '@artemis/contracts';
import { needsProxyForAll } from './adapters/download-runner.piscina.ts';
import type { Tools } from './adapters/tools/tools.ts';
import { exampleName } from './domain/selection/file-name.ts';
import type { SelectionFields } from './domain/selection/presets.ts';
import { explainSelection } from './worker/explanation.ts';

/** The body of `POST /explanations`. */
export function explanationOf(
  selection: SelectionFields,
  tools: Tools,
  owners: { readonly pluginsDir: string | null; readonly potProviderUrl: string | null },
): Explanation {
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
        pluginsDir: owners.pluginsDir,
        potProviderUrl: owners.potProviderUrl,
      },
      isProxyForAll: needsProxyForAll(selection.options, ytDlp?.kind ?? 'module'),
    }),
    output_example: exampleName(selection),
  };
}
