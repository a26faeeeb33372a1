/** libsodium, ready for use: its functions answer at once from here on. */

import sodium from "libsodium-wrappers-sumo";

await sodium.ready;

export { sodium };
