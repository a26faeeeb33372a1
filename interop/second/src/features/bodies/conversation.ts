/** The body of the feature `conversation` (spec 18 §2). */

import { fields, id, may } from "../fields.js";

export const CONVERSATION_BODIES = {
    "conversation.say": fields({ answers: may(1, id) }),
};
