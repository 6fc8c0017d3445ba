// The layers of the house (docs/architecture.md), as rules: `npm run check` fails on a forbidden arrow.
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  comment: `${from} may import only: ${allowed.join(', ')} and packages`,
  // A test, and what tests share, may drive the other side: the print queue prints on the virtual printer.
  from: { path: `^${from}/`, pathNot: '(\\.test\\.tsx?$|/testing/)' },
  to: {
    path: '^[^/]+/',
    // Node's own "fs/promises" looks like a folder of ours.
    dependencyTypesNot: ['core'],
    pathNot: [`^${from}/`, ...allowed.map((folder) => `^${folder}/`), '^node_modules/'],
  },
});

// Money of this country and of others takes two ways that do not know each other (docs/international.md).
const NATIONAL =
  '^sync-server/(payments/(create-charge|charge-routes)\\.ts|routing/|providers/(bacen-pix|pagarme|appmax|open-finance)/)';
const INTERNATIONAL = '^sync-server/(international|providers/stripe)/';
const TESTS = '(\\.test\\.tsx?$|/testing/)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'types may name each other; code that runs may not go round in circles',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^electron$' },
    },
    only('domain-imports-nothing-of-ours', 'domain', []),
    only('platform-imports-domain', 'platform', ['domain', 'migrations']),
    only('main-imports-domain', 'main', ['domain', 'platform', 'migrations']),
    only('electron-imports-main', 'electron', ['main', 'domain', 'platform']),
    only('renderer-imports-domain', 'renderer', ['domain']),
    only('sync-server-imports-domain', 'sync-server', ['domain', 'platform', 'migrations']),
    only('simulators-import-domain', 'simulators', ['domain', 'platform']),
    only('simulation-imports-the-product', 'simulation', [
      'domain',
      'platform',
      'main',
      'sync-server',
      'simulators',
      'migrations',
    ]),
    {
      name: 'national-never-reaches-international',
      severity: 'error',
      comment: 'what makes a PIX can reach nothing of the card flow, over however many files',
      from: { path: NATIONAL, pathNot: TESTS },
      to: { path: INTERNATIONAL, reachable: true },
    },
    {
      name: 'international-never-reaches-national',
      severity: 'error',
      comment: 'what makes a card checkout can reach nothing that makes a PIX, over however many files',
      from: { path: INTERNATIONAL, pathNot: TESTS },
      to: { path: NATIONAL, reachable: true },
    },
    {
      name: 'both-flows-meet-in-two-files',
      severity: 'error',
      comment: 'only the list of the providers and the start of the server name the card flow',
      from: {
        path: '^(main|electron|sync-server)/',
        pathNot: [TESTS, INTERNATIONAL, '^sync-server/(server|providers/registry)\\.ts$'],
      },
      to: { path: INTERNATIONAL },
    },
    {
      name: 'domain-has-no-io',
      severity: 'error',
      from: { path: '^domain/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'domain-packages',
      severity: 'error',
      comment: 'the domain leans on zod and uuid alone',
      from: { path: '^domain/', pathNot: '\\.test\\.ts$' },
      to: { path: '^node_modules/', pathNot: '^node_modules/(zod|uuid)/' },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^renderer/', pathNot: '(\\.test\\.tsx?|vite\\.config\\.ts)$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'product-never-imports-tests-or-simulators',
      severity: 'error',
      from: {
        path: '^(domain|platform|main|electron|renderer|sync-server)/',
        pathNot: '(\\.test\\.tsx?$|/testing/)',
      },
      to: { path: '^(simulators|simulation|e2e|bench|scripts|cli)/|/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|release|bench/peers)/' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
