/** What the owner has said of services: which this node gives, and to whom. */

import type { Memory, ServiceRow } from "../memory.js";

export type Service = "relay" | "holder";

const SERVES = "serves/";
const CUSTOMER = "relay-customer/";
const INVITATION = "relay-invitation/";

export function isServing({ services }: Memory, service: Service): boolean {
    return services.has(SERVES + service);
}

/** This node gives a service from now on. */
export function servingRow(service: Service): ServiceRow {
    return [SERVES + service, true];
}

/** Whether a peer came by an invitation for customers of the relay. */
export function isCustomer({ services }: Memory, relationship: string): boolean {
    return services.has(CUSTOMER + relationship);
}

export function customerRow(relationship: string): ServiceRow {
    return [CUSTOMER + relationship, true];
}

export function isCustomersInvitation({ services }: Memory, invitation: string): boolean {
    return services.has(INVITATION + invitation);
}

export function customersInvitationGone(invitation: string): ServiceRow {
    return [INVITATION + invitation, null];
}

export function customersInvitationRow(invitation: string): ServiceRow {
    return [INVITATION + invitation, true];
}
