import { byId, element, openDialog, say } from './dom.js';
import { change } from './server.js';

/** Asks for a new key and adds it; it is tested first. */
export function openAddKey({ providers, chosen, onAdded }) {
  const problem = element('p', { class: 'problem', role: 'alert' });
  const names = providers.map((name) => element('option', { value: name }));
  const submit = element('button', { type: 'submit', class: 'main' }, 'Test and add');
  const form = element(
    'form',
    {
      onsubmit: async (event) => {
        event.preventDefault();
        if (submit.getAttribute('aria-busy') === 'true') return;
        submit.setAttribute('aria-busy', 'true');
        problem.textContent = '';
        const { provider, key, label, endsOn } = Object.fromEntries(new FormData(form));
        const named = label.trim() === '' ? {} : { label: label.trim() };
        const ending = endsOn === '' ? {} : { endsOn };
        try {
          const added = await change('/api/keys', { provider: provider.trim(), key: key.trim(), ...named, ...ending });
          form.reset();
          byId('dialog').close();
          say(`${added.name} is added`);
          onAdded();
        } catch (error) {
          // The rest of the page is silent while a dialog is open.
          problem.textContent = error.message;
        }
        submit.removeAttribute('aria-busy');
      },
    },
    element(
      'label',
      {},
      'Provider',
      element('input', {
        name: 'provider',
        required: true,
        autocomplete: 'off',
        value: chosen,
        list: 'provider-names',
      }),
    ),
    element('datalist', { id: 'provider-names' }, names),
    element(
      'label',
      {},
      'Key',
      element('input', { name: 'key', type: 'password', required: true, autocomplete: 'off' }),
      element('small', {}, 'It is tested first and kept encrypted; it is never shown again.'),
    ),
    element('label', {}, 'Label', element('input', { name: 'label', maxLength: 80, autocomplete: 'off' })),
    element(
      'label',
      {},
      'Ends on',
      element('input', { name: 'endsOn', type: 'date', autocomplete: 'off' }),
      element('small', {}, 'Not used from that day on (UTC); you are told two weeks before.'),
    ),
    problem,
    submit,
  );
  openDialog('Add a key', [form], () => form.reset());
  form.elements.namedItem(chosen === '' ? 'provider' : 'key').focus();
}

/** Asks once more, then forgets a key that was added while the bot ran. */
export function confirmRemoval({ key, onRemoved }) {
  const problem = element('p', { class: 'problem', role: 'alert' });
  const remove = element(
    'button',
    {
      type: 'button',
      class: 'main',
      onclick: async () => {
        if (remove.getAttribute('aria-busy') === 'true') return;
        remove.setAttribute('aria-busy', 'true');
        try {
          await change(`/api/keys/${key.id}`, undefined, 'DELETE');
          byId('dialog').close();
          say(`${key.name} is removed`);
          onRemoved();
        } catch (error) {
          problem.textContent = error.message;
        }
        remove.removeAttribute('aria-busy');
      },
    },
    `Remove ${key.name}`,
  );
  const named = key.label === undefined ? key.name : `${key.name} (${key.label})`;
  const words = element(
    'p',
    {},
    `${named} is forgotten, and cannot be brought back from here. Its calls in flight end as they will.`,
  );
  openDialog('Remove a key', [words, problem, remove]);
}
