import type { ReactNode } from 'react';

export interface AuditRow {
  readonly name: string;
  /** Where names are not enough to tell rows apart. */
  readonly id?: string;
  readonly cells: readonly ReactNode[];
}

interface Props {
  readonly title: string;
  /** The first one is of the names. */
  readonly columns: readonly string[];
  readonly rows: readonly AuditRow[];
  /** Said in place of a table without rows. */
  readonly none: string;
}

/** A section of the report that is a plain table. */
export function AuditTable({ title, columns, rows, none }: Props) {
  return (
    <>
      <h3>{title}</h3>
      {rows.length === 0 ? (
        <p className="soft">{none}</p>
      ) : (
        <div className="table-frame">
          <table className="table">
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ name, id = name, cells }) => (
                <tr key={id}>
                  <th scope="row" className="table-label breakable">
                    {name}
                  </th>
                  {columns.slice(1).map((column, index) => (
                    <td key={column}>{cells[index]}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
