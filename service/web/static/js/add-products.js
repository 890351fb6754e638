// From chosen pictures to the form that fits: one product, or one of each picture.

import { openBatchForm } from "./batch-form.js";
import { openProductForm } from "./product-form.js";

/**
 * Opens the form of a new product; several pictures are taken for one product each at first.
 * @type {(files?: File[]) => unknown}
 */
export const addProducts = (files = []) => (files.length > 1 ? each(files) : one(files));

/** @param {File[]} files */
const one = (files) => openProductForm({ files, asEach: each });

/** @type {(files: File[]) => unknown} */
const each = (files) => openBatchForm(files, one);
