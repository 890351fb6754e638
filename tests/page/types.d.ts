// The types that the page's scripts speak of: the service's answers, and the page's own values.

import type { components } from "./generated/api.d.ts";

type Schemas = components["schemas"];

// The page serves any set of signals: it takes the objects that name them as records.
type BySignal<T> = Record<string, NonNullable<T[keyof T]>>;

declare global {
  namespace Api {
    type Attributes = Record<string, string | number | boolean | string[]>;
    type Product = Schemas["Product"];
    type ProductPage = Schemas["ProductPage"];
    type ProductCreated = Schemas["ProductCreated"];
    type NearDuplicate = Schemas["NearDuplicate"];
    type BatchAnswer = Schemas["BatchAnswer"];
    type Attribute = Schemas["Attribute"];
    type FacetValue = Schemas["FacetValue"];
    type Health = Schemas["Health"];
    type Signal = Schemas["Signal"];
    type Samples = Schemas["Samples"];
    type SampleQuery = Schemas["SampleQuery"];
    type Query = Omit<Schemas["Query"], "weights" | "encoders"> & {
      weights: BySignal<Schemas["Query"]["weights"]>;
      encoders: BySignal<Schemas["Query"]["encoders"]>;
    };
    type Hit = Omit<Schemas["Hit"], "scores"> & { scores: BySignal<Schemas["Hit"]["scores"]> };
    type SearchAnswer = Omit<Schemas["SearchAnswer"], "query" | "hits"> & { query: Query; hits: Hit[] };
    type Match = Schemas["Match"];
    type SignalScore = Schemas["SignalScore"];
    type FieldError = Schemas["FieldError"];
  }

  /** A part of a picture in fractions of it. */
  interface Crop {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }

  /** A weight for each signal, by its name. */
  type Weights = Record<string, number>;

  interface PictureOfQuery { file: File; crop: Crop; weight: number }
  interface TextOfQuery { value: string; weight: number }
  interface ChosenProduct { productId: string; imageId: string; name: string }
  interface ProductOfQuery extends ChosenProduct { weight: number }

  /** What a filter asks of one attribute. */
  interface Condition {
    any?: (string | number | boolean)[];
    gte?: string | number;
    lte?: string | number;
    lt?: string;
  }

  type Child = Node | string | null | undefined;

  /** Something went wrong: a call that failed, or a mistake of the page itself. */
  interface Trouble {
    name?: string;
    title?: string;
    message: string;
    errors?: readonly { pointer: string; detail: string }[];
    passes?: boolean;
    status?: number;
  }
}
