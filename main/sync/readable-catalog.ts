import { z } from 'zod';
import { Service } from '../../domain/protocol/catalog.ts';

/** As much of a `catalog.changed` as has to be there to look at its services one by one. */
const WithServices = z.looseObject({ catalog: z.looseObject({ services: z.array(z.unknown()) }) });

export interface ReadableCatalog {
  readonly payload: unknown;
  /** How many services were left out: they are of a kind that this release cannot sell. */
  readonly leftOut: number;
}

/**
 * The catalogue of a newer server without the services that this release cannot read: the others are sold at today's
 * price, where a catalogue that is refused as a whole would leave the totem with yesterday's.
 * @param payload of a feed entry; what is wrong elsewhere is left for the schema to say
 */
export function readableCatalog(payload: unknown): ReadableCatalog {
  const read = WithServices.safeParse(payload);
  if (!read.success) return { payload, leftOut: 0 };
  const { catalog } = read.data;
  const services = catalog.services.filter((service) => Service.safeParse(service).success);
  return {
    payload: { ...read.data, catalog: { ...catalog, services } },
    leftOut: catalog.services.length - services.length,
  };
}
