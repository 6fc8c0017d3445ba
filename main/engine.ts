import type { Clock, RandomBytes } from '../domain/clock.ts';
import type { CommandResult, ScreenCommand } from '../domain/protocol/screen-commands.ts';
import type { SnapshotOf } from '../domain/protocol/screens.ts';
import type { Log } from '../platform/log.ts';
import type { PersonalDataBox } from '../platform/personal-data.ts';
import { createChargeRequests } from './checkout/charge-requests.ts';
import { createCheckout } from './checkout/checkout.ts';
import { permitPaper } from './checkout/paper-gate.ts';
import { recordPaper } from './checkout/paper-outcome.ts';
import type { TicketIssueOptions } from './checkout/ticket-issue.ts';
import { totemSnapshot } from './checkout/totem-snapshot.ts';
import { canTakeCard, canTakePix, createLayerWatch, type NetworkPort } from './diagnostics/layers.ts';
import { executeTechnicianCommand } from './diagnostics/technician.ts';
import { createPinGuard } from './diagnostics/technician-pin.ts';
import { technicianSnapshot } from './diagnostics/technician-snapshot.ts';
import { type KioskIdentity, ownKioskId } from './identity/kiosk-identity.ts';
import { createPrintQueue } from './printing/print-queue.ts';
import type { Printer } from './printing/printer.ts';
import { isLocalMode, settleLocalCall, stopWaitingForCall } from './queue/local-calls.ts';
import { panelSnapshot } from './queue/panel-snapshot.ts';
import { executeOperatorCommand } from './queue/queue-commands.ts';
import { queueSnapshot } from './queue/queue-snapshot.ts';
import { rescueTicket } from './queue/rescue.ts';
import { createSnapshotPublisher, type KioskScreen, type SnapshotBuilders } from './snapshots.ts';
import type { BackupSchedule } from './store/backup-schedule.ts';
import { diskTroubleOf } from './store/disk-trouble.ts';
import type { KioskStore } from './store/store.ts';
import { createClaimer } from './sync/claims.ts';
import { createFeedEffects } from './sync/feed-effects.ts';
import { createFeedReader } from './sync/feed-reader.ts';
import { finishRebuild } from './sync/finish-rebuild.ts';
import { createNumberLeaseKeeper } from './sync/number-leases.ts';
import { createOutboxPusher } from './sync/outbox-pusher.ts';
import type { ServerClient } from './sync/server-client.ts';
import { createLinkMonitor } from './sync/server-link.ts';
import type { ServerTime } from './sync/server-time.ts';
import { createTimeKeeper } from './sync/time-keeper.ts';
import { KIOSK_VERSION } from './version.ts';

export interface EngineOptions {
  readonly identity: KioskIdentity;
  readonly serverTime: ServerTime;
  /** All that the kiosk knows. The engine does not close it. */
  readonly store: KioskStore;
  /** The line to the sync server. The engine closes it. */
  readonly client: ServerClient;
  /** The sync server's base address, for the technician. */
  readonly syncUrl: string;
  readonly personalData: PersonalDataBox;
  /** Four to eight digits. */
  readonly technicianPin: string;
  readonly printer: Printer;
  /** This machine's own line. */
  readonly network: NetworkPort;
  /** Copies of the database, where it lies on a disk. The engine neither starts nor stops them. */
  readonly backups?: BackupSchedule;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/** The engine of one totem: commands go in, snapshots come out, whatever carries them. */
export interface Engine {
  /** Never rejects for an expected reason: refusals are values. The command must have passed `ScreenCommand`. */
  execute(command: ScreenCommand): Promise<CommandResult>;
  snapshot<S extends KioskScreen>(screen: S): SnapshotOf<S>;
  /** The listener gets the newest snapshot at once, then one after each change. @returns ends the subscription */
  subscribe<S extends KioskScreen>(screen: S, listener: (snapshot: SnapshotOf<S>) => void): () => void;
  /** Goes on from what is stored, and connects. */
  start(): void;
  /** Lets the paper and the entry under way finish. Nothing of it touches the store afterwards. */
  close(): Promise<void>;
}

/**
 * Wires the engine from its ports, without a file or a socket of its own: the product gives it a data folder and a
 * line (kiosk.ts), the simulation gives it a world. Nothing moves before `start`.
 */
export function createEngine(options: EngineOptions): Engine {
  const { identity, serverTime, store, client, syncUrl, personalData, clock, randomBytes, log } = options;
  const startedAt = clock.nowMs();
  const link = createLinkMonitor(store, clock, serverTime);
  const kioskId = (): string => ownKioskId(identity);

  const printQueue = createPrintQueue({
    db: store.db,
    write: store.write,
    clock,
    randomBytes,
    printer: options.printer,
    log,
    permit: (job) => permitPaper({ store, serverTime, link }, job),
    onFinished: (job, outcome) => recordPaper(store, clock, job, outcome),
  });
  const enqueuePaper: TicketIssueOptions['enqueuePaper'] = ({ ticketId, label }, document, terms = {}) => {
    printQueue.enqueueTicket({ ticketId, label, document, ...terms });
  };
  const confirmations = { store, kioskId, personalData, enqueuePaper, serverTime };
  const effects = createFeedEffects({ ...confirmations, clock, link, log });
  const claims = createClaimer({ ...confirmations, client, link, clock, randomBytes, log });
  const timeKeeper = createTimeKeeper({ store, client, link, clock });
  const feed = createFeedReader({
    store,
    client,
    serverTime,
    effects,
    link,
    onLevel: () => finishRebuild({ store, clock, log }),
    clock,
    randomBytes,
    log,
  });
  const outbox = createOutboxPusher({
    store,
    client,
    link,
    clock,
    randomBytes,
    log,
    onAnswered: (event, result) => settleLocalCall(store, event, result, clock.nowMs()),
    onSetAside: (event) => stopWaitingForCall(store, event),
  });
  const charges = createChargeRequests({
    store,
    client,
    link,
    personalData,
    clock,
    randomBytes,
    log,
    onCatalogOutdated: feed.wake,
  });
  const layers = createLayerWatch({
    printer: printQueue.state,
    link,
    network: options.network,
    serverUrl: syncUrl,
    clock,
    onNetworkChange: () => {
      syncNow();
      snapshots.invalidate();
    },
  });
  const pixAvailable = (): boolean => canTakePix(layers.read());
  const numbers = createNumberLeaseKeeper({ store, client, link, clock, randomBytes, log });
  const checkout = createCheckout({
    store,
    kioskId,
    charges,
    personalData,
    pixAvailable,
    cardAvailable: () => canTakeCard(layers.read()),
    enqueuePaper,
    serverTime,
    isPaperHeld: printQueue.isHeld,
    clock,
    randomBytes,
    log,
  });
  const pinGuard = createPinGuard(options.technicianPin, clock);

  function syncNow(): void {
    feed.wake();
    outbox.wake();
  }

  const builders: SnapshotBuilders = {
    totem: () =>
      totemSnapshot(
        store,
        {
          identity,
          server: link.state,
          printer: printQueue.state(),
          layers: layers.read(),
          shown: checkout.shown(),
        },
        clock.nowMs(),
      ),
    queue: () =>
      queueSnapshot(
        store,
        { enrolment: identity.status(), server: link.state, serverTime, printQueue },
        clock.nowMs(),
      ),
    panel: () => panelSnapshot(store, { enrolment: identity.status(), server: link.state }, clock.nowMs()),
    technician: () =>
      technicianSnapshot(
        store,
        {
          identity,
          version: KIOSK_VERSION,
          startedAt,
          serverUrl: syncUrl,
          link,
          printQueue,
          layers: layers.read(),
          backups: options.backups,
        },
        clock.nowMs(),
      ),
  };
  const snapshots = createSnapshotPublisher(builders, clock, log);

  return {
    async execute(command) {
      // What cannot be stored must not be begun. Whoever has paid already is still served: see the feed reader.
      if (command.kind === 'checkout.start' && store.storage.state.status !== 'ok')
        return { ok: false, code: 'out_of_service' };
      if (needsIdentity(command) && identity.status() !== 'enrolled')
        return { ok: false, code: 'not_enrolled' };
      try {
        switch (command.kind) {
          case 'checkout.start':
          case 'checkout.cancel':
          case 'checkout.dismiss':
            return checkout.execute(command);
          case 'technician.unlock':
          case 'technician.reprint':
          case 'technician.test_print':
          case 'technician.sync_now':
          case 'technician.enrol':
          case 'technician.retry_set_aside':
            return await executeTechnicianCommand(
              { store, printQueue, pinGuard, identity, clock, syncNow, retrySetAside: outbox.retrySetAside },
              command,
            );
          case 'queue.rescue':
            if (isLocalMode(store, link.state)) return { ok: false, code: 'needs_server' };
            return await rescueTicket({ store, client, kioskId, log, clock, printQueue }, command);
          default:
            return await executeOperatorCommand({ store, client, kioskId, log, link, clock }, command);
        }
      } catch (error) {
        // A full disk, or a bug: the person at the screen gets a word, the log gets the stack.
        log.error({ err: error, kind: command.kind }, 'command failed');
        return { ok: false, code: diskTroubleOf(error) === null ? 'internal_error' : 'out_of_service' };
      }
    },
    snapshot: (screen) => builders[screen](),
    subscribe: snapshots.subscribe,
    start() {
      store.onCommit(snapshots.invalidate);
      link.onChange(snapshots.invalidate);
      store.storage.onChange(snapshots.invalidate);
      store.storage.onChange(() => {
        if (store.storage.state.status !== 'ok') return;
        // What was paid meanwhile has waited for this.
        syncNow();
        printQueue.wake();
      });
      link.onChange(() => {
        if (link.state !== 'online') return;
        outbox.wake();
        numbers.wake();
      });
      printQueue.onChange(snapshots.invalidate);
      // The word that a held paper waits for comes with a ticket, or it is that there is no server.
      const askAgain = (): void => {
        if (printQueue.isHolding()) printQueue.wake();
      };
      store.onCommit(askAgain);
      link.onChange(askAgain);
      identity.onChange(snapshots.invalidate);
      identity.onChange(() => {
        if (identity.status() !== 'enrolled') return;
        syncNow();
        numbers.wake();
      });
      layers.start();
      checkout.start();
      printQueue.start();
      feed.start();
      outbox.start();
      numbers.start();
      claims.start();
      timeKeeper.start();
      snapshots.start();
    },
    async close() {
      snapshots.stop();
      layers.stop();
      checkout.stop();
      charges.stop();
      outbox.stop();
      numbers.stop();
      claims.stop();
      timeKeeper.stop();
      client.close();
      await feed.stop();
      await printQueue.stop();
    },
  };
}

/** A sale is made under the totem's name, and so is a call. What is under way, and the technician, go on without. */
function needsIdentity({ kind }: ScreenCommand): boolean {
  return kind === 'checkout.start' || kind.startsWith('queue.');
}
