import type { Client, SuccessBody } from '@artemis/contracts/client';

export type Configuration = SuccessBody<'configuration'>;
export type Readiness = Awaited<ReturnType<Client['readiness']>>;

/** What the server is and whether it has what it needs. Read at the start and when the server came back. */
export class ServerInfo {
  readonly #client: Client;
  #configuration: Configuration | null = $state.raw(null);
  #readiness: Readiness | null = $state.raw(null);
  #loading: Promise<void> | null = null;

  constructor(client: Client) {
    this.#client = client;
  }

  get configuration(): Configuration | null {
    return this.#configuration;
  }

  get readiness(): Readiness | null {
    return this.#readiness;
  }

  /** A control whose call this server does not have is not shown. */
  has(feature: string): boolean {
    return this.#configuration?.features[feature] === true;
  }

  /** Asks once, however many ask at the same time. */
  load(): Promise<void> {
    this.#loading ??= this.#ask().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #ask(): Promise<void> {
    const [configuration, readiness] = await Promise.allSettled([
      this.#client.configuration(),
      this.#client.readiness(),
    ]);
    if (configuration.status === 'fulfilled') this.#configuration = configuration.value;
    if (readiness.status === 'fulfilled') this.#readiness = readiness.value;
  }

  async checkReadiness(): Promise<void> {
    this.#readiness = await this.#client.readiness();
  }
}
