/**
 * Every call of the API by name: method and path as plain data, so that the client needs no schema library.
 * `route-schemas.ts` has the schemas under the same names. Paths are relative to `API_PREFIX`, except those with `isRoot`.
 */
export const ROUTES = {
  createDownloads: { method: 'POST', path: '/downloads' },
  listDownloads: { method: 'GET', path: '/downloads' },
  getDownload: { method: 'GET', path: '/downloads/:id' },
  removeDownload: { method: 'DELETE', path: '/downloads/:id' },
  retryDownload: { method: 'POST', path: '/downloads/:id/retry' },
  pauseDownload: { method: 'POST', path: '/downloads/:id/pause' },
  resumeDownload: { method: 'POST', path: '/downloads/:id/resume' },
  finishDownload: { method: 'POST', path: '/downloads/:id/finish' },
  updateDownload: { method: 'PATCH', path: '/downloads/:id' },
  actOnDownloads: { method: 'POST', path: '/downloads/actions' },
  downloadFile: { method: 'GET', path: '/downloads/:id/file' },
  downloadLog: { method: 'GET', path: '/downloads/:id/log' },
  resumeHost: { method: 'POST', path: '/hosts/:host/resume' },
  createProbe: { method: 'POST', path: '/probes' },
  listCookies: { method: 'GET', path: '/cookies' },
  putCookies: { method: 'PUT', path: '/cookies/:site' },
  deleteCookies: { method: 'DELETE', path: '/cookies/:site' },
  testCookies: { method: 'POST', path: '/cookies/:site/test' },
  listEngines: { method: 'GET', path: '/engines' },
  fetchEngine: { method: 'POST', path: '/engines' },
  useEngine: { method: 'POST', path: '/engines/:version/use' },
  deleteEngine: { method: 'DELETE', path: '/engines/:version' },
  explain: { method: 'POST', path: '/explanations' },
  events: { method: 'GET', path: '/events' },
  log: { method: 'GET', path: '/log' },
  telemetry: { method: 'GET', path: '/telemetry' },
  configuration: { method: 'GET', path: '/configuration' },
  health: { method: 'GET', path: '/healthz', isRoot: true },
  readiness: { method: 'GET', path: '/readyz', isRoot: true },
} as const satisfies Record<
  string,
  { method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; path: string; isRoot?: boolean }
>;

export type RouteName = keyof typeof ROUTES;
