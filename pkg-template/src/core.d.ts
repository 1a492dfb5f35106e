/* tslint:disable */
/* eslint-disable */

import type { Call, CoreOptions, CoreTokenInfo } from './seam.js';
import type { Host } from '../../src/host/browser/operations.js';
import type { OAuthAuthorizationServerMetadata, OAuthClientMetadata } from './types.js';
export interface Client {
    /** Runs an operation. */
    call: Call;
}



/**
 * One client, and its host.
 */
export class Client {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Stops listening to other tabs and closes the database. Operations under way still finish.
     */
    dispose(): void;
    /**
     * Resolves to the validated client metadata of a client id.
     */
    static loadMetadata(host: Host, client_id: string): Promise<OAuthClientMetadata>;
    /**
     * Makes a client; throws the details of the error if an option is invalid.
     */
    constructor(host: Host, given: CoreOptions);
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
export class CoreSession {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What requests with the current tokens have in common: the `RequestCredentials` of `proof.js`.
     */
    credentials(): import('../../src/host/browser/proof.js').RequestCredentials;
    /**
     * The error for a key that could not sign.
     */
    keyError(thrown: any): any;
    /**
     * Refreshes the tokens if they are about to expire.
     */
    refreshIfDue(): Promise<void>;
    /**
     * Learns from the response to a request; see [`OAuthSession::report`]. `tried` is 0 at first; the last five are what the
     * response says. Resolves to what was tried by then if the request is to be sent again, with a new proof.
     */
    report(url: string, token_id: string, nonce: string | null | undefined, signed_at: number, clock_offset: number, tried: number, status: number, received_nonce?: string | null, challenge?: string | null, date?: string | null, small_json?: string | null): Promise<number | undefined>;
    /**
     * Ends the session.
     */
    signOut(): Promise<void>;
    /**
     * Resolves to facts about the tokens: `{expiresAt, scope, iss, aud, sub}`. Times are milliseconds since the epoch.
     */
    tokenInfo(refresh?: boolean | null): Promise<CoreTokenInfo>;
    /**
     * The absolute URL of a request; throws if that is not on the PDS.
     */
    url(path: string): string;
    /**
     * The account.
     */
    readonly did: string;
    /**
     * The known metadata of the authorization server: at least `issuer`.
     */
    readonly serverMetadata: OAuthAuthorizationServerMetadata;
    /**
     * A number that is another whenever `credentials` gives other tokens; 0 once the session has ended.
     */
    readonly stamp: number;
    /**
     * Identifies the current access token.
     */
    readonly tokenId: string;
}
