import { create } from 'zustand';

const STORAGE_KEY = 'totem.admin.token';

interface TokenState {
  readonly token: string | null;
  readonly refused: boolean;
}

/** The manager's token: in this tab alone, so that a reload keeps it and closing the tab forgets it. */
export const tokenStore = create<TokenState>()(() => ({
  token: sessionStorage.getItem(STORAGE_KEY),
  refused: false,
}));

export function keepToken(token: string): void {
  sessionStorage.setItem(STORAGE_KEY, token);
  tokenStore.setState({ token, refused: false });
}

export function forgetToken(refused: boolean): void {
  sessionStorage.removeItem(STORAGE_KEY);
  tokenStore.setState({ token: null, refused });
}
