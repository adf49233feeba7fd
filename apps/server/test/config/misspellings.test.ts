import { describe, expect, it } from 'vitest';
import { Environment, UNSUPPORTED } from '../../src/config.ts';
import { misspelledSettings } from '../../src/misspellings.ts';

describe('a variable of .env that is not a setting', () => {
  it.each([
    ['MAX_WORKER', 'MAX_WORKERS'],
    ['max_workers', 'MAX_WORKERS'],
    ['WORKERS_MAX', 'MAX_WORKERS'],
    ['MAXWORKERS', 'MAX_WORKERS'],
    ['ARTEMIS_PORT', 'PORT'],
    ['PROT', 'PORT'],
    ['API_TOKNE', 'API_TOKEN'],
    ['DOWNLOAD_DIR', 'DOWNLOADS_DIR'],
    ['DATA_DIRECTORY', 'DATA_DIR'],
    ['YT_DLP_PATH', 'YTDLP_PATH'],
    ['FFMPEG', 'FFMPEG_PATH'],
    ['EGRES_ALOW', 'EGRESS_ALLOW'],
    ['RATE_LIMIT_ENABLE', 'RATE_LIMIT_ENABLED'],
    ['ARTEMIS_SETPU', 'ARTEMIS_SETUP'],
  ])('is reported with the setting that it resembles: %s', (written, meant) => {
    const [line, ...rest] = misspelledSettings([written]);
    expect(line).toContain(`${written} is not a setting`);
    expect(line).toContain(`Did you mean ${meant}?`);
    expect(rest).toEqual([]);
  });

  it('is not reported when it is a setting or belongs to another program', () => {
    const ours = [...Object.keys(Environment.properties), ...Object.values(UNSUPPORTED).flat()];
    const others = (
      'NODE_ENV TZ HTTP_PROXY NO_PROXY DB_HOST DB_PORT SMTP_HOST SMTP_PORT MAIL_HOST HOSTNAME HOME PATH DEBUG ' +
      'LOG_FILE LOG_FORMAT AWS_ACCESS_KEY_ID AWS_REGION COMPOSE_PROJECT_NAME POSTGRES_PASSWORD PUID PGID UMASK LANG'
    ).split(' ');
    expect(misspelledSettings([...ours, 'ARTEMIS_SETUP', ...others])).toEqual([]);
  });
});
