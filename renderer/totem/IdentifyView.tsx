import { type ReactNode, useState } from 'react';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { LetterKeyboard, NumberPad } from '../ui/Keyboard.tsx';
import type { Tone } from '../ui/Message.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { checkCpf, checkName, cleanCpf, cleanName, maskCpfInput, withNameKey } from './customer-input.ts';
import type { IdentifyField } from './navigation.ts';
import { goTo, navigationStore } from './stores.ts';

export function IdentifyView({ field }: { readonly field: IdentifyField }) {
  return field === 'name' ? <NameView /> : <CpfView />;
}

function NameView() {
  const [name, setName] = useState(navigationStore.getState().name);
  const check = checkName(name);
  return (
    <FieldView
      title={text.totem.identify.nameTitle}
      label={text.totem.identify.nameLabel}
      value={name}
      hint={check === 'too_short' ? text.totem.identify.nameTooShort : text.totem.identify.nameHint}
      tone="calm"
      ready={check !== 'too_short'}
      onType={(typed) => setName(cleanName(typed))}
      onSave={() => goTo({ at: 'review', name: name.trim() })}
      onSkip={() => goTo({ at: 'review', name: '' })}
    >
      <LetterKeyboard
        onKey={(key) => setName((before) => withNameKey(before, key))}
        onErase={() => setName((before) => before.slice(0, -1))}
        onEraseAll={() => setName('')}
      />
    </FieldView>
  );
}

function CpfView() {
  const [cpf, setCpf] = useState(navigationStore.getState().cpf);
  const check = checkCpf(cpf);
  const hints: Record<typeof check, readonly [string, Tone]> = {
    empty: [text.totem.identify.cpfHint, 'calm'],
    incomplete: [text.totem.identify.cpfHint, 'calm'],
    invalid: [text.totem.identify.cpfInvalid, 'danger'],
    ok: [text.totem.identify.cpfValid, 'good'],
  };
  const [hint, tone] = hints[check];
  return (
    <FieldView
      title={text.totem.identify.cpfTitle}
      label={text.totem.identify.cpfLabel}
      value={maskCpfInput(cpf)}
      hint={hint}
      tone={tone}
      ready={check === 'empty' || check === 'ok'}
      onType={(typed) => setCpf(cleanCpf(typed))}
      onSave={() => goTo({ at: 'review', cpf })}
      onSkip={() => goTo({ at: 'review', cpf: '' })}
    >
      <NumberPad
        onKey={(key) => setCpf((before) => cleanCpf(before + key))}
        onErase={() => setCpf((before) => before.slice(0, -1))}
        onEraseAll={() => setCpf('')}
      />
    </FieldView>
  );
}

interface FieldViewProps {
  readonly title: string;
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly tone: Tone;
  readonly ready: boolean;
  readonly onType: (typed: string) => void;
  readonly onSave: () => void;
  readonly onSkip: () => void;
  readonly children: ReactNode;
}

/** A field, its keyboard, and two ways on of the same size. */
function FieldView(props: FieldViewProps) {
  return (
    <section className="view">
      <ViewTitle>{props.title}</ViewTitle>
      <form
        className="identify-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (props.ready) props.onSave();
        }}
      >
        <label className="field-label" htmlFor="identify-field">
          {props.label}
        </label>
        <input
          id="identify-field"
          className="field tabular"
          type="text"
          // The keyboard is on the page; a system keyboard would cover it.
          inputMode="none"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          value={props.value}
          aria-invalid={props.tone === 'danger' || undefined}
          aria-describedby="identify-hint"
          onChange={(event) => props.onType(event.target.value)}
        />
        <p id="identify-hint" className={`field-hint tone-${props.tone}`} role="status">
          {props.tone === 'good' && <Icon name="check" />}
          {props.tone === 'danger' && <Icon name="warning" />}
          {props.hint}
        </p>
      </form>
      <div className="view-fill view-fill-end">{props.children}</div>
      <div className="view-actions view-actions-even">
        <Button variant="secondary" size="large" onPress={props.onSkip}>
          {text.totem.identify.skip}
        </Button>
        <Button size="large" disabled={!props.ready} onPress={props.onSave}>
          {text.totem.identify.save}
        </Button>
      </div>
    </section>
  );
}
