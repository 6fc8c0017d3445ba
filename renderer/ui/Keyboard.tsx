import { text } from '../i18n/text.ts';
import { Icon } from './Icon.tsx';

const LETTER_ROWS = ['qwertyuiop', 'asdfghjklç', 'zxcvbnm', 'áãâàéêíóõôú'].map((row) => [...row]);
/** The alphabet of enrolment codes, which has no look-alikes. */
const CODE_ROWS = ['234567', '89ABCD', 'EFGHJK', 'MNPQRS', 'TVWXYZ'].map((row) => [...row]);
const NUMBER_ROWS = ['123', '456', '789'].map((row) => [...row]);

interface Props {
  readonly onKey: (key: string) => void;
  readonly onErase: () => void;
  readonly onEraseAll: () => void;
}

/** Letters for a name. A totem brings its own keyboard: the system's one does not open over a kiosk window. */
export function LetterKeyboard({ onKey, onErase, onEraseAll }: Props) {
  return (
    <fieldset className="keyboard keyboard-letters">
      <legend className="visually-hidden">{text.totem.keyboard.label}</legend>
      <KeyRows rows={LETTER_ROWS} onKey={onKey} />
      <div className="keyboard-row">
        <WordKey label={text.totem.keyboard.eraseAll} onPress={onEraseAll} />
        <WordKey label={text.totem.keyboard.space} onPress={() => onKey(' ')} wide />
        <EraseKey onPress={onErase} />
      </div>
    </fieldset>
  );
}

/** Letters and digits for an enrolment code. */
export function CodeKeyboard({ onKey, onErase, onEraseAll }: Props) {
  return (
    <fieldset className="keyboard keyboard-code">
      <legend className="visually-hidden">{text.totem.keyboard.label}</legend>
      <KeyRows rows={CODE_ROWS} onKey={onKey} />
      <div className="keyboard-row">
        <WordKey label={text.totem.keyboard.eraseAll} onPress={onEraseAll} />
        <EraseKey onPress={onErase} />
      </div>
    </fieldset>
  );
}

/** Digits for a CPF or a PIN. */
export function NumberPad({ onKey, onErase, onEraseAll }: Props) {
  return (
    <fieldset className="keyboard keyboard-numbers">
      <legend className="visually-hidden">{text.totem.keyboard.numbers}</legend>
      <KeyRows rows={NUMBER_ROWS} onKey={onKey} />
      <div className="keyboard-row">
        <WordKey label={text.totem.keyboard.eraseAll} onPress={onEraseAll} />
        <Key label="0" onPress={() => onKey('0')} />
        <EraseKey onPress={onErase} />
      </div>
    </fieldset>
  );
}

function KeyRows({ rows, onKey }: { readonly rows: readonly string[][] } & Pick<Props, 'onKey'>) {
  return rows.map((row) => (
    <div className="keyboard-row" key={row.join('')}>
      {row.map((key) => (
        <Key key={key} label={key} onPress={() => onKey(key)} />
      ))}
    </div>
  ));
}

function Key({ label, onPress }: { readonly label: string; readonly onPress: () => void }) {
  return (
    <button type="button" className="key" onClick={onPress}>
      {label}
    </button>
  );
}

function WordKey(props: { readonly label: string; readonly onPress: () => void; readonly wide?: boolean }) {
  return (
    <button
      type="button"
      className={props.wide ? 'key key-word key-wide' : 'key key-word'}
      onClick={props.onPress}
    >
      {props.label}
    </button>
  );
}

function EraseKey({ onPress }: { readonly onPress: () => void }) {
  return (
    <button
      type="button"
      className="key key-word"
      aria-label={text.totem.keyboard.erase}
      title={text.totem.keyboard.erase}
      onClick={onPress}
    >
      <Icon name="erase" />
    </button>
  );
}
