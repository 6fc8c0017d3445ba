import type { Queryable } from '../db/database.ts';

/** All that the schema `public` is, a line each, in an order of its own: for the golden schema and for comparisons. */
export async function describeSchema(database: Queryable): Promise<string> {
  const rows = await database.query<{ line: string }>(`
    WITH relations AS (
      SELECT oid, relname FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migrations')
    SELECT line FROM (
      SELECT relname AS name, 1 AS part, attnum::text AS place,
        '  ' || attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
          || CASE WHEN attidentity <> '' THEN ' GENERATED' ELSE '' END
          || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '') AS line
      FROM relations JOIN pg_attribute a ON attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
      UNION ALL SELECT relname, 0, '', relname FROM relations
      UNION ALL
      SELECT relname, 2, conname, '  CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(c.oid)
      FROM relations JOIN pg_constraint c ON conrelid = relations.oid WHERE contype <> 'n'
      UNION ALL
      SELECT relname, 3, indexrelid::regclass::text, '  ' || pg_get_indexdef(indexrelid)
      FROM relations JOIN pg_index ON indrelid = relations.oid
      UNION ALL
      SELECT relname, 4, tgname, '  ' || pg_get_triggerdef(t.oid)
      FROM relations JOIN pg_trigger t ON tgrelid = relations.oid WHERE NOT tgisinternal
      UNION ALL
      SELECT '~functions', 5, p.oid::regprocedure::text, pg_get_functiondef(p.oid)
      FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    ) AS lines
    ORDER BY name, part, lpad(place, 80, ' ') COLLATE "C"`);
  return `${rows.map(({ line }) => line).join('\n')}\n`;
}
