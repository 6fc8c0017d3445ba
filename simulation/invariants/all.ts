import { acknowledgedIsStored } from './acknowledged-is-stored.ts';
import { allAgree } from './all-agree.ts';
import { booksBalance } from './books-balance.ts';
import { deliveriesAreTrue } from './deliveries-are-true.ts';
import { everyPixEndsOnce } from './every-pix-ends-once.ts';
import { firstComeFirstCalled } from './first-come-first-called.ts';
import type { Invariant } from './invariant.ts';
import { leasesAreKept } from './leases-are-kept.ts';
import { ledgerIsSealed } from './ledger-is-sealed.ts';
import { localNumbersAreLeased } from './local-numbers-are-leased.ts';
import { losersAreTold } from './losers-are-told.ts';
import { noMoneyTwice } from './no-money-twice.ts';
import { noTicketIsStuck } from './no-ticket-is-stuck.ts';
import { noTicketWithoutMoney } from './no-ticket-without-money.ts';
import { nothingGoesBackwards } from './nothing-goes-backwards.ts';
import { numbersAreOfTheirDay } from './numbers-are-of-their-day.ts';
import { oneChargeOneBank } from './one-charge-one-bank.ts';
import { oneCounter } from './one-counter.ts';
import { oneFirstPaper } from './one-first-paper.ts';
import { oneNumberOneTicket } from './one-number-one-ticket.ts';
import { operatorsAreToldTheTruth } from './operators-are-told-the-truth.ts';
import { paidIsSaidByTheServer } from './paid-is-said-by-the-server.ts';
import { paidIsSaidOnce } from './paid-is-said-once.ts';
import { panelsTellTheTruth } from './panels-tell-the-truth.ts';
import { personalDataStaysSealed } from './personal-data-stays-sealed.ts';
import { rejectionsAreExplained } from './rejections-are-explained.ts';
import { rescuedIsNotPrinted } from './rescued-is-not-printed.ts';
import { revokedIsOut } from './revoked-is-out.ts';
import { salesAreFollowed } from './sales-are-followed.ts';
import { screensTellTheTruth } from './screens-tell-the-truth.ts';
import { sessionsEndAlike } from './sessions-end-alike.ts';

export const INVARIANTS: readonly Invariant[] = [
  noTicketWithoutMoney,
  paidIsSaidByTheServer,
  paidIsSaidOnce,
  oneNumberOneTicket,
  numbersAreOfTheirDay,
  oneFirstPaper,
  deliveriesAreTrue,
  rescuedIsNotPrinted,
  leasesAreKept,
  noMoneyTwice,
  oneChargeOneBank,
  acknowledgedIsStored,
  oneCounter,
  firstComeFirstCalled,
  operatorsAreToldTheTruth,
  nothingGoesBackwards,
  losersAreTold,
  screensTellTheTruth,
  panelsTellTheTruth,
  localNumbersAreLeased,
  revokedIsOut,
  everyPixEndsOnce,
  noTicketIsStuck,
  rejectionsAreExplained,
  allAgree,
  sessionsEndAlike,
  booksBalance,
  ledgerIsSealed,
  salesAreFollowed,
  personalDataStaysSealed,
];
