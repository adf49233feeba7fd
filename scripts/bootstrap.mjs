// What `npm start` and `npm test` do on a fresh machine. Node built-ins only: nothing is installed yet.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `Artemis needs Node 20.19 or newer; this is ${process.version}. Install a newer one from https://nodejs.org and try again.\n`,
  );
  process.exit(1);
}

const command = process.argv[2];
if (command !== 'start' && command !== 'test') {
  process.stderr.write('Usage: node scripts/bootstrap.mjs start|test\n');
  process.exit(64);
}

// Loaded only now, because an older Node could not even parse them.
const { explain } = await import('./steps.mjs');
try {
  const { start, test } = await import('./commands.mjs');
  await (command === 'start' ? start() : test());
} catch (error) {
  explain(error);
  process.exit(1);
}
