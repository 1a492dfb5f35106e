/* tslint:disable */
/* eslint-disable */

import type { Call, CoreOptions, CoreTokenInfo, Deleted, Updated } from './seam.js';
import type { Fetch, OAuthAuthorizationServerMetadata, OAuthClientMetadata } from './types.js';
export interface Client {
    /** Does what `operation` names. */
    call: Call;
}



/**
 * One client, and the database it keeps.
 */
export class Client {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Stops hearing the other tabs and keeps no connection to the database open. What is under way still ends.
     */
    dispose(): void;
    /**
     * Resolves to the judged client metadata that a client id stands for.
     */
    static loadMetadata(client_id: string, fetch: Fetch | undefined): Promise<OAuthClientMetadata>;
    /**
     * Sets a client up; throws the details of what is wrong with its options.
     */
    constructor(given: CoreOptions, fetch: Fetch | undefined, updated: Updated, deleted: Deleted, changed: () => void);
    /**
     * The account that was used last.
     */
    readonly active: string | undefined;
    /**
     * Whether sessions outlive the page, as far as is known yet.
     */
    readonly durable: boolean;
}

/**
 * One session.
 */
export class Session {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Renews the tokens if they are about to expire.
     */
    freshen(): Promise<void>;
    /**
     * What requests with the tokens in force have in common: `{stamp, pds, authorization, tokenId, head, key, nonce,
     * clockOffset, staleAt}`. `pds` is an origin; times are milliseconds: `clockOffset` is by how much the PDS's time is ahead
     * of this machine's, `staleAt` is by this machine's clock.
     */
    grant(): any;
    /**
     * Judges the answer to a request: `sent` is `{url, tokenId, nonce, signedAt, clockOffset, tried}`, with `tried` 0 at
     * first. Resolves to what it is to be the next time if the request may be sent again, proved anew.
     */
    judge(sent: any, answer: any): Promise<any>;
    /**
     * Ends the session.
     */
    signOut(): Promise<void>;
    /**
     * Resolves to a signature with the session's key, base64url: for a caller that could not sign, which learns why.
     */
    sign(input: string): Promise<any>;
    /**
     * Resolves to facts about the tokens: `{expiresAt, scope, iss, aud, sub}`. Times are milliseconds since the epoch.
     */
    tokenInfo(refresh?: boolean | null): Promise<CoreTokenInfo>;
    /**
     * The absolute URL of a request; throws where that is not on the PDS.
     */
    url(path: string): string;
    /**
     * The account.
     */
    readonly did: string;
    /**
     * The authorization server's metadata, as far as it is known: at least `issuer`.
     */
    readonly serverMetadata: OAuthAuthorizationServerMetadata;
    /**
     * A number that is another whenever `grant` gives other tokens; 0 once the session is over.
     */
    readonly stamp: number;
    /**
     * Tells one access token from the next.
     */
    readonly tokenId: string;
}
