// A thread does not take over the loader of its process.
import { register } from 'tsx/esm/api';

register();
await import('./holder.ts');
