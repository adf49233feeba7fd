import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, markdownFiles, proseOf, readText, repositoryDir } from './markdown.ts';

const files = await markdownFiles();

/** Addresses in links and images, without those that lead out of the repository. */
function relativeLinks(markdown: string): string[] {
  const prose = proseOf(markdown).replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, address = '']) => address)
    .filter((address) => !/^[a-z]+:/.test(address));
}

/** Paths of the repository that the text names in backticks. */
function namedPaths(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/`((?:apps|packages|scripts|docs|bench)\/[\w./-]*)`/g)].map(
    ([, path = '']) => path,
  );
}

describe('the documentation', () => {
  it('is found', () => {
    expect(files).toContain('README.md');
    expect(files).toContain('docs/architecture.md');
  });

  it.each(files)('%s has no broken link', async (file) => {
    const broken: string[] = [];
    for (const address of relativeLinks(await readText(file))) {
      const [path = '', anchor] = address.split('#');
      const target = path === '' ? file : normalize(join(dirname(file), path));
      const isThere = existsSync(join(repositoryDir, target));
      const isAnchorThere =
        anchor === undefined || (isThere && anchorsOf(await readText(target)).includes(anchor));
      if (!isThere || !isAnchorThere) broken.push(address);
    }
    expect(broken).toEqual([]);
  });

  it.each(files)('%s names no path that does not exist', async (file) => {
    const paths = namedPaths(await readText(file));
    expect(paths.filter((path) => !existsSync(join(repositoryDir, path)))).toEqual([]);
  });
});
