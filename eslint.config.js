import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '**/dist-test/',
      '**/coverage/',
      '.artemis/',
      'downloads/',
      'bench/results/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        // The same for all files: where it changes from one to the next, every project is loaded anew.
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // A promise given to Fastify, an event or a signal handler is meant.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      // Implementing an asynchronous port needs no await.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: tseslint.parser },
    },
    rules: {
      'svelte/no-at-html-tags': 'error',
      // Plain collections behind a getter, or built and dropped within a function, are meant to be plain.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    // The type checker behind eslint takes templates and components for `any`; svelte-check knows them.
    files: ['**/*.svelte'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
  {
    // Here objects come from factories: their methods are closures and need no `this`.
    files: ['apps/server/**', 'packages/**', 'bench/**'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    // Outside of every tsconfig, or plain JavaScript.
    files: ['**/*.{js,mjs,cjs}', '**/*.config.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: globals.node, parserOptions: { projectService: false } },
  },
  { files: ['apps/web/public/**'], languageOptions: { globals: globals.browser } },
  {
    files: ['apps/server/**', 'packages/**', 'bench/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'URL', property: 'canParse', message: 'Use parseUrl, which says why.' },
      ],
    },
  },
  { files: ['bench/**', '**/test/**'], rules: { 'no-console': 'off' } },
);
