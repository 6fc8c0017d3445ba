import { acknowledgedIsStored } from './acknowledged-is-stored.ts';
import { allAgree } from './all-agree.ts';
import { booksBalance } from './books-balance.ts';
import { everyPixEndsOnce } from './every-pix-ends-once.ts';
import type { Invariant } from './invariant.ts';
import { localNumbersAreLeased } from './local-numbers-are-leased.ts';
import { losersAreTold } from './losers-are-told.ts';
import { noMoneyTwice } from './no-money-twice.ts';
import { noTicketIsStuck } from './no-ticket-is-stuck.ts';
import { noTicketWithoutMoney } from './no-ticket-without-money.ts';
import { nothingGoesBackwards } from './nothing-goes-backwards.ts';
import { oneCounter } from './one-counter.ts';
import { oneFirstPaper } from './one-first-paper.ts';
import { oneNumberOneTicket } from './one-number-one-ticket.ts';
import { operatorsAreToldTheTruth } from './operators-are-told-the-truth.ts';
import { paidIsSaidByTheServer } from './paid-is-said-by-the-server.ts';
import { rejectionsAreExplained } from './rejections-are-explained.ts';
import { rescuedIsNotPrinted } from './rescued-is-not-printed.ts';
import { revokedIsOut } from './revoked-is-out.ts';
import { screensTellTheTruth } from './screens-tell-the-truth.ts';

export const INVARIANTS: readonly Invariant[] = [
  noTicketWithoutMoney,
  paidIsSaidByTheServer,
  oneNumberOneTicket,
  oneFirstPaper,
  rescuedIsNotPrinted,
  noMoneyTwice,
  acknowledgedIsStored,
  oneCounter,
  operatorsAreToldTheTruth,
  nothingGoesBackwards,
  losersAreTold,
  screensTellTheTruth,
  localNumbersAreLeased,
  revokedIsOut,
  everyPixEndsOnce,
  noTicketIsStuck,
  rejectionsAreExplained,
  allAgree,
  booksBalance,
];
