import { resolve } from 'node:path';

/** Where Artemis is: relative settings and the usual tools folder start here. */
export const repositoryDir = resolve(import.meta.dirname, '../../../../..');
