import type { PersonAccessList } from '../../domain/protocol/customers.ts';
import { formatDateTime } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';

interface Props {
  readonly list: PersonAccessList;
  readonly isOfOne: boolean;
  readonly onClose: () => void;
}

/** Who was shown people's data, newest first. */
export function AccessLog({ list, isOfOne, onClose }: Props) {
  const words = text.admin.customers;
  const { accesses, total } = list;
  return (
    <div className="payments">
      <h3>{isOfOne ? words.accessTitle : words.everyAccessTitle}</h3>
      {accesses.length === 0 ? (
        <p className="soft">{words.accessNone}</p>
      ) : (
        <div className="table-frame">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{words.accessAt}</th>
                <th scope="col">{words.accessAction}</th>
                <th scope="col">{words.accessBy}</th>
                {!isOfOne && <th scope="col">{words.accessOf}</th>}
              </tr>
            </thead>
            <tbody>
              {accesses.map(({ at, action, role, tokenMark, customerId }) => (
                <tr key={`${at} ${action} ${customerId} ${tokenMark}`}>
                  <td className="no-wrap">{formatDateTime(at)}</td>
                  <td>{words.accessActions[action]}</td>
                  <td>
                    {words.accessRoles[role] ?? role} <code>{tokenMark}</code>
                  </td>
                  {!isOfOne && <td className="refund-id">{customerId}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {accesses.length < total && <p className="soft">{words.accessMore(accesses.length, total)}</p>}
      <div className="fleet-actions">
        <Button variant="secondary" onPress={onClose}>
          {words.accessClose}
        </Button>
      </div>
    </div>
  );
}
