// Made by tools/api.mjs from the server's OpenAPI document (`pollux openapi`). Do not edit: change the server and make it again.

export interface paths {
    "/auth/signup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign up with a mobile number
         * @description Sign up with a mobile number. Codes to expect: `mobile_taken`, `too_many_signups`, `busy`.
         */
        post: operations["signUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/send-otp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a one-time code
         * @description Send a one-time code. Codes to expect: `otp_cooldown`, `otp_hourly_limit`, `otp_daily_limit`, `no_account`, `token_missing`.
         */
        post: operations["sendOtp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/verify-otp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a one-time code
         * @description Check a one-time code; it logs in, allows a reset, or confirms this session. Codes to expect: `invalid_code`, `too_many_guesses`, `token_missing`, `session_ended`, `busy`, `foreign_origin`.
         */
        post: operations["verifyOtp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with a password
         * @description Log in with a password. Codes to expect: `password_login_disabled`, `wrong_credentials`, `too_many_guesses`, `busy`, `foreign_origin`.
         */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with a link
         * @description Log in with a link; createsuperuser prints it. Codes to expect: `invalid_link`, `foreign_origin`.
         */
        post: operations["logInByLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/forgot-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a code for a new password
         * @description Send a code for a new password. Codes to expect: `otp_cooldown`, `otp_hourly_limit`, `otp_daily_limit`, `no_account`.
         */
        post: operations["forgotPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/reset-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password
         * @description Set a new password; all sessions end. Codes to expect: `invalid_reset_token`, `busy`.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/change-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change the password
         * @description Change the password; the other sessions end. Codes to expect: `wrong_password`, `too_many_guesses`, `busy`.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/token/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Renew the tokens
         * @description Renew the tokens; pages have the refresh token in their cookie. Codes to expect: `refresh_invalid`, `refresh_expired`, `refresh_reused`, `session_ended`, `foreign_origin`.
         */
        post: operations["refreshSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out
         * @description Log out; this session, or all. Codes to expect: `foreign_origin`.
         */
        post: operations["logOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the devices that are logged in
         * @description List the devices that are logged in. Codes to expect: `invalid_cursor`.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Log a device out
         * @description Log a device out. Codes to expect: `session_not_found`.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show your account
         * @description Show your account; it is the one that the token belongs to.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        /**
         * Delete your account
         * @description Delete your account; everything in it goes with it. Codes to expect: `confirmation_required`, `too_many_guesses`, `busy`.
         */
        delete: operations["deleteMe"];
        options?: never;
        head?: never;
        /**
         * Change your account
         * @description Change your account; its name, e-mail and instructions.
         */
        patch: operations["changeMe"];
        trace?: never;
    };
    "/sms/twilio/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a delivery report
         * @description Take a delivery report; Twilio posts here how a text fares, signed. Codes to expect: `sms_not_configured`, `signature_missing`, `signature_invalid`.
         */
        post: operations["takeTextReport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/chatroom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your rooms
         * @description List your rooms; pinned first, then latest activity. Codes to expect: `cursor_invalid`.
         */
        get: operations["listRooms"];
        put?: never;
        /**
         * Open a room
         * @description Open a room; without a name it is named after its first message. Codes to expect: `outcome_unknown`, `idempotency_key_reused`, `idempotency_in_progress`, `rooms_max_reached`.
         */
        post: operations["createRoom"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/chatroom/{room}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a room
         * @description Show a room; its newest messages, ascending; next leads to the page before. Codes to expect: `room_not_found`, `cursor_invalid`.
         */
        get: operations["showRoom"];
        put?: never;
        post?: never;
        /**
         * Delete a room with all its messages
         * @description Delete a room with all its messages; its replies stop. Codes to expect: `room_not_found`.
         */
        delete: operations["deleteRoom"];
        options?: never;
        head?: never;
        /**
         * Rename a room, pin it, or change its model or system prompt
         * @description Rename a room, pin it, or change its model or system prompt. Codes to expect: `room_not_found`.
         */
        patch: operations["changeRoom"];
        trace?: never;
    };
    "/chatroom/{room}/message": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a message
         * @description Send a message; its reply is streamed, waited for (?wait=) or fetched later. Last-Event-ID, or lastEventId, goes on with the stream of a send that was cut. Codes to expect: `room_not_found`, `bad_event_id`, `daily_limit_reached`, `room_busy`, `queue_full`, `busy`, `model_not_in_plan`, `outcome_unknown`, `idempotency_key_reused`, `idempotency_in_progress`.
         */
        post: operations["sendMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/chatroom/{room}/message/{message}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a message as it stands
         * @description Show a message as it stands. Codes to expect: `message_not_found`.
         */
        get: operations["showMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/chatroom/{room}/message/{message}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream a reply while it is written
         * @description Stream a reply while it is written; Last-Event-ID, or lastEventId, goes on where it was left. Codes to expect: `message_not_found`, `bad_event_id`.
         */
        get: operations["streamReply"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/chatroom/{room}/message/{message}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a reply
         * @description Stop a reply; what it has so far stays. Codes to expect: `message_not_found`.
         */
        post: operations["stopReply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/chatroom/{room}/message/{message}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try again
         * @description Try again; another variant of a reply. Codes to expect: `room_not_found`, `message_not_found`, `reply_running`, `too_many_variants`, `daily_limit_reached`, `room_busy`, `queue_full`, `busy`, `model_not_in_plan`, `outcome_unknown`, `idempotency_key_reused`, `idempotency_in_progress`.
         */
        post: operations["retryReply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/chatroom/{room}/message/{message}/variants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the variants of a reply
         * @description List the variants of a reply; oldest first. Codes to expect: `message_not_found`, `cursor_invalid`.
         */
        get: operations["listVariants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the models
         * @description List the models; those your plan may use, and with all=true those of other plans too. Codes to expect: `user_not_found`.
         */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream what changes for you
         * @description Stream what changes for you; on all your devices, as Server-Sent Events.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show your usage
         * @description Show your usage; today's quota and tokens, and with ?days= a row a day. Codes to expect: `user_not_found`.
         */
        get: operations["showUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the plans
         * @description List the plans; what they allow, and what they cost.
         */
        get: operations["listPlans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscription/checkout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Buy a plan
         * @description Buy a plan; the answer names a page of the payment provider on which it is paid. Codes to expect: `already_subscribed`, `billing_not_configured`, `payment_pending`, `payment_provider_slow`, `payment_refused`, `plan_not_sold`, `idempotency_key_reused`, `idempotency_in_progress`.
         */
        post: operations["buyPlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscription/pro": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Buy Pro
         * @description Buy Pro; the same, for the plan pro. Codes to expect: `already_subscribed`, `billing_not_configured`, `payment_pending`, `payment_provider_slow`, `payment_refused`, `plan_not_sold`, `idempotency_key_reused`, `idempotency_in_progress`.
         */
        post: operations["buyPro"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscription/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show your subscription
         * @description Show your subscription; with ?session_id= what that checkout has led to. Codes to expect: `session_not_found`.
         */
        get: operations["showSubscription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscription/portal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open the portal
         * @description Open the portal; a page of the payment provider for changing the subscription, the card and the addresses. Codes to expect: `billing_not_configured`, `not_subscribed`, `payment_provider_slow`, `payment_refused`.
         */
        post: operations["openPortal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscription/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel the subscription
         * @description Cancel the subscription; it ends with the period that is paid. Codes to expect: `billing_not_configured`, `not_subscribed`, `payment_provider_slow`, `payment_refused`.
         */
        post: operations["cancelSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscription/reactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep the subscription
         * @description Keep the subscription; its cancellation is undone. Codes to expect: `billing_not_configured`, `not_subscribed`, `payment_provider_slow`, `payment_refused`.
         */
        post: operations["reactivateSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscription/webhook": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a payment event
         * @description Take a payment event; Stripe posts its events here, signed. Codes to expect: `billing_not_configured`, `signature_missing`, `signature_invalid`, `signature_too_old`.
         */
        post: operations["takePaymentEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check this server
         * @description Check this server; whether it can serve, which takes its database, and what else is missing. Codes to expect: `database_unavailable`, `stopping`.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check readiness
         * @description Check readiness; the same as /health/, for load balancers. Codes to expect: `database_unavailable`, `stopping`.
         */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check liveness
         * @description Check liveness; whether this process runs at all.
         */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get this document
         * @description Get this document.
         */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the configuration
         * @description Read the configuration; what a front end needs to know before anybody is signed in.
         */
        get: operations["config"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        SignedUp: {
            id: number;
            mobile: string;
            name: string | null;
            email: string | null;
            tier: string;
            is_verified: boolean;
            is_admin: boolean;
            /** Format: date-time */
            date_joined: string;
            signup_token: string;
        };
        SignUp: {
            /** @description A mobile number as people type it: +1 415 555 2671. Without + it is one of the server's own country. */
            mobile: string;
            /** @description For later log-ins without a code, and the proof of this sign-up. */
            password?: string;
            /** @description How models and devices know the user. */
            name?: string;
            /**
             * Format: email
             * @description Where payment receipts go.
             */
            email?: string;
        };
        CodeSent: {
            detail: string;
            expires_in: number;
            retry_after: number;
            challenge: string;
            otp?: string;
        };
        SendOtp: {
            /** @description A mobile number as people type it: +1 415 555 2671. Without + it is one of the server's own country. */
            mobile: string;
            /**
             * @description What the code will be for: the same word belongs into verify-otp.
             * @enum {string}
             */
            purpose: "signup" | "login" | "reset_password" | "forgot" | "confirm";
        };
        Verified: {
            access?: string;
            refresh?: string;
            token_type?: string;
            expires_in?: number;
            user?: components["schemas"]["User"];
            reset_token?: string;
            /** Format: date-time */
            confirmed_until?: string;
        };
        User: {
            id: number;
            mobile: string;
            name: string | null;
            email: string | null;
            tier: string;
            is_verified: boolean;
            is_admin: boolean;
            /** Format: date-time */
            date_joined: string;
            custom_instructions: string;
        };
        VerifyOtp: {
            /** @description A mobile number as people type it: +1 415 555 2671. Without + it is one of the server's own country. */
            mobile: string;
            /**
             * @description 6 digits; spaces, dashes and invisible characters between them do not matter.
             * @example 123456
             */
            code: string;
            /**
             * @description What the code was sent for.
             * @enum {string}
             */
            purpose: "signup" | "login" | "reset_password" | "forgot" | "confirm";
            /** @description The one that came when the code was sent. Its guesses are counted apart from those of strangers. */
            challenge?: string;
            /** @description Of a sign-up that has one: it shows that the sign-up is yours. */
            password?: string;
            /** @description What sign-up gave: it shows that the sign-up is yours. */
            signup_token?: string;
        };
        LoggedIn: {
            access: string;
            refresh?: string;
            token_type: string;
            expires_in: number;
            user: components["schemas"]["User"];
        };
        LogIn: {
            /** @description A mobile number as people type it: +1 415 555 2671. Without + it is one of the server's own country. */
            mobile: string;
            /** @description The password of the account. */
            password: string;
        };
        LogInByLink: {
            /** @description What stands behind # in the link. It is good for one log-in. */
            token: string;
        };
        ForgotPassword: {
            /** @description A mobile number as people type it: +1 415 555 2671. Without + it is one of the server's own country. */
            mobile: string;
        };
        ResetPassword: {
            /** @description What verify-otp gave for the purpose reset_password. */
            reset_token: string;
            /** @description From now on. */
            new_password: string;
        };
        ChangePassword: {
            /** @description The present one; left out by who has none. */
            old_password: string;
            /** @description From now on. */
            new_password: string;
        };
        Tokens: {
            access: string;
            refresh?: string;
            expires_in: number;
        };
        RefreshSession: {
            /** @description A refresh token. Pages leave it out: theirs is in the cookie. */
            refresh?: string;
        };
        LogOut: {
            /** @description Of this session; not needed beside its access token. */
            refresh?: string;
            /** @description Every session of the user ends, on all devices. */
            all?: boolean;
        };
        PageSessionView: {
            results: components["schemas"]["SessionView"][];
            next: string | null;
        };
        SessionView: {
            id: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_used_at: string;
            ip: string;
            user_agent: string;
            current: boolean;
        };
        ChangeProfile: {
            /** @description null takes it away. */
            name?: string | null;
            /** @description null takes it away. */
            email?: string | null;
            /** @description What the model is told in every chat. Empty takes them away. */
            custom_instructions?: string;
        };
        DeleteAccount: {
            /** @description Without it this session must have been confirmed by a code, with the purpose confirm. */
            password?: string;
        };
        ReportTaken: {
            received: boolean;
        };
        Room: {
            id: number;
            name: string;
            /** @enum {string} */
            named_by: "nobody" | "message" | "model" | "user";
            model: string | null;
            system_prompt: string;
            pinned: boolean;
            running: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            last_message: components["schemas"]["LastMessage"] | null;
        };
        LastMessage: {
            text: string;
            /** @enum {string} */
            role: "user" | "assistant";
            /** Format: date-time */
            created_at: string;
        };
        CreateRoom: {
            /** @description Left out, the room is named after its first message. */
            name?: string;
            /** @description One of GET /models/. Left out: the default model. */
            model?: string;
            /** @description What the model is told in this room, above all its messages. */
            system_prompt?: string;
        };
        RoomPage: {
            results: components["schemas"]["ListedRoom"][];
            next: string | null;
        };
        ListedRoom: {
            id: number;
            name: string;
            /** @enum {string} */
            named_by: "nobody" | "message" | "model" | "user";
            model: string | null;
            pinned: boolean;
            running: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            last_message: components["schemas"]["LastMessage"] | null;
        };
        RoomWithMessages: {
            id: number;
            name: string;
            /** @enum {string} */
            named_by: "nobody" | "message" | "model" | "user";
            model: string | null;
            system_prompt: string;
            pinned: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            last_message: components["schemas"]["LastMessage"] | null;
            messages: components["schemas"]["Message"][];
            next: string | null;
        };
        Message: {
            id: number;
            chatroom: number;
            /** @enum {string} */
            role: "user" | "assistant";
            /** @enum {string} */
            status: "completed" | "queued" | "streaming" | "stopped" | "failed";
            content: string;
            thoughts: string;
            citations: components["schemas"]["CitationView"][];
            reply_to: number | null;
            variant: number;
            variants: number;
            model: string | null;
            requested_model: string | null;
            finish_reason: ("stop" | "length" | "blocked" | "other") | null;
            error: components["schemas"]["MessageError"] | null;
            usage: components["schemas"]["MessageUsage"] | null;
            waiting: components["schemas"]["Waiting"] | null;
            /** Format: date-time */
            created_at: string;
            started_at: string | null;
            completed_at: string | null;
            thought_ms: number | null;
            request_id: string | null;
        };
        CitationView: {
            url: string;
            title: string;
            start: number;
            end: number;
        };
        MessageError: {
            code: string;
            detail: string;
        };
        MessageUsage: {
            prompt_tokens: number;
            completion_tokens: number;
            thought_tokens: number;
            estimated: boolean;
        };
        Waiting: {
            /** @enum {string} */
            reason: "queue" | "model_unavailable" | "rate_limited";
            retry_at: string | null;
        };
        ChangeRoom: {
            /** @description A name that is given stays: no model replaces it. */
            name?: string;
            /** @description One of GET /models/. null: the default model. */
            model?: string | null;
            /** @description What the model is told in this room, above all its messages. */
            system_prompt?: string;
            /** @description Pinned rooms are listed first. */
            pinned?: boolean;
        };
        Sent: {
            message: components["schemas"]["Message"];
            reply: components["schemas"]["Message"];
            stream_url: string;
            usage: components["schemas"]["UsageNow"];
        };
        UsageNow: {
            tier: string;
            limit: number;
            used: number;
            remaining: number;
            /** Format: date-time */
            resets_at: string;
        };
        StartEvent: {
            message_id: number;
            attempt: number;
            model: string | null;
        };
        RestartEvent: {
            attempt: number;
            model: string | null;
        };
        TextEvent: {
            text: string;
        };
        CitationsEvent: {
            citations: components["schemas"]["CitationView"][];
        };
        DoneEvent: {
            message: components["schemas"]["Message"];
        };
        ErrorEvent: {
            message?: components["schemas"]["Message"];
            error: components["schemas"]["MessageError"];
        };
        SendMessage: {
            /** @description The message, as it was typed. */
            content: string;
        };
        Retried: {
            reply: components["schemas"]["Message"];
            stream_url: string;
        };
        VariantPage: {
            results: components["schemas"]["Message"][];
            next: string | null;
        };
        ModelList: {
            results: components["schemas"]["ModelView"][];
            next: string | null;
        };
        ModelView: {
            id: string;
            label: string;
            line: string;
            is_default: boolean;
            allowed: boolean;
        };
        EmptyNotice: Record<string, never>;
        MessageNotice: {
            id: number;
            chatroom: number;
        };
        ReplyNotice: {
            id: number;
            chatroom: number;
            attempt: number;
            /** @enum {string} */
            status: "completed" | "queued" | "streaming" | "stopped" | "failed";
        };
        RoomNotice: {
            id: number;
        };
        SessionEnded: {
            session: number;
        };
        UsageReport: {
            tier: string;
            limit: number;
            used: number;
            remaining: number;
            /** Format: date-time */
            resets_at: string;
            tokens: components["schemas"]["TokensUsed"];
            days?: components["schemas"]["UsageDay"][];
            upgrade?: components["schemas"]["Upgrade"];
        };
        TokensUsed: {
            prompt_tokens: number;
            completion_tokens: number;
            thought_tokens: number;
        };
        UsageDay: {
            day: string;
            used: number;
            tokens: components["schemas"]["TokensUsed"];
        };
        Upgrade: {
            plans: string;
            checkout: string;
        };
        PlanList: {
            results: components["schemas"]["PlanView"][];
            next: string | null;
        };
        PlanView: {
            name: string;
            title: string;
            rank: number;
            description: string[];
            limits: components["schemas"]["PlanLimits"];
            prices: components["schemas"]["PlanPrice"][];
        };
        PlanLimits: {
            messages_per_day: number;
            requests_per_minute: number;
            models: string[] | null;
            context_tokens: number;
            message_characters_max: number;
            replies_at_once: number;
            rooms_max: number;
        };
        PlanPrice: {
            id: string;
            amount_minor: number;
            currency: string;
            exponent: number;
            interval: string;
            interval_count: number;
        };
        OpenCheckout: {
            checkout_url: string;
            session_id: string;
        };
        BuyPlan: {
            /** @description The name of a plan of GET /plans/. */
            plan: string;
            /** @description One of the plan's prices. Left out: its first. */
            price?: string;
            /** @description Where the browser goes afterwards. Its origin must be one that the server knows. */
            return_url?: string;
        };
        BuyPro: {
            /** @description One of the plan's prices. Left out: its first. */
            price?: string;
            /** @description Where the browser goes afterwards. Its origin must be one that the server knows. */
            return_url?: string;
        };
        SubscriptionStatus: {
            tier: string;
            status: string;
            plan: string | null;
            price: string | null;
            current_period_end: string | null;
            cancels_at: string | null;
            grace_until: string | null;
            other_subscriptions: number;
            source: string;
            publishable_key: string | null;
        };
        OpenPortal: {
            url: string;
        };
        AskForPortal: {
            /**
             * @description The page on which the portal opens. Left out: its first.
             * @enum {string}
             */
            flow?: "cancel" | "change_plan" | "payment_method";
            /** @description Where the browser goes afterwards. Its origin must be one that the server knows. */
            return_url?: string;
        };
        EventTaken: {
            received: boolean;
        };
        Health: {
            status: string;
            database: string;
            redis: string;
            workers: string;
            proxies?: string;
        };
        Alive: {
            status: string;
        };
        PublicConfig: {
            countries: string[] | null;
            default_country: string;
            password_login: boolean;
            brand: components["schemas"]["PublicBrand"];
            /** @enum {string} */
            billing: "off" | "demo" | "stripe";
            plans: string | null;
            terms_url: string | null;
            privacy_url: string | null;
        };
        PublicBrand: {
            name: string;
            accent: string;
            accent_dark: string;
            logo: string | null;
        };
        /** @description RFC 9457. */
        Problem: {
            type: string;
            title: string;
            status: number;
            /** @description How to mend it. */
            detail: string;
            /** @description A stable word. */
            code: string;
            request_id: string;
            /** @description Of daily_limit_reached, where a higher plan can be had: what to ask for it. */
            upgrade?: {
                plans: string;
                checkout: string;
            };
            /** @description Of already_subscribed: where to change the subscription, or to pay. */
            portal_url?: string;
            errors?: {
                field: string;
                code: string;
                detail: string;
            }[];
        };
    };
    responses: {
        /** @description Refused; see `code` and `detail`. */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description Repeats with the same key within 24 hours have one effect and get the same ids. */
        IdempotencyKey: string;
        /** @description `web`, of a page with this server's Origin: the refresh token travels in a cookie that no script reads, and never in a body. */
        PolluxClient: string;
        /** @description The id of the last event that was read: the stream goes on behind it. */
        LastEventID: string;
    };
    requestBodies: never;
    headers: {
        /** @description What is left of each limit that counts, and for how many seconds: "read";r=599;t=1, "plan";r=119;t=1 */
        RateLimit: string;
        /** @description The limits that count, requests and seconds: "read";q=600;w=60, "plan";q=120;w=60 */
        RateLimitPolicy: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    signUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mobile": "+14155552671",
                 *       "password": "a-long-pass-word-7",
                 *       "name": "Ada"
                 *     }
                 */
                "application/json": components["schemas"]["SignUp"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 1,
                     *       "mobile": "+14155552671",
                     *       "name": "Ada",
                     *       "email": null,
                     *       "tier": "basic",
                     *       "is_verified": false,
                     *       "is_admin": false,
                     *       "date_joined": "2026-12-01T09:00:26Z",
                     *       "signup_token": "njDm8_I7COTz2uXi6HG7cQkQJt4F266fvfQ-JzviFnw"
                     *     }
                     */
                    "application/json": components["schemas"]["SignedUp"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `mobile_taken`. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `too_many_signups`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `busy`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    sendOtp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mobile": "+14155552671",
                 *       "purpose": "login"
                 *     }
                 */
                "application/json": components["schemas"]["SendOtp"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "detail": "If the number has an account, a code is on its way to it.",
                     *       "expires_in": 300,
                     *       "retry_after": 60,
                     *       "challenge": "fl3djZ8m7p3tZyrOmmNU2KwSUgCUQSFMAip4-Iy-VF0"
                     *     }
                     */
                    "application/json": components["schemas"]["CodeSent"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `no_account`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `otp_cooldown`, `otp_hourly_limit`, `otp_daily_limit`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    verifyOtp: {
        parameters: {
            query?: never;
            header?: {
                /** @description `web`, of a page with this server's Origin: the refresh token travels in a cookie that no script reads, and never in a body. */
                "X-Pollux-Client"?: components["parameters"]["PolluxClient"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mobile": "+14155552671",
                 *       "code": "123456",
                 *       "purpose": "login"
                 *     }
                 */
                "application/json": components["schemas"]["VerifyOtp"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIiwic2lkIjoiMSIsInR5cCI6ImFjY2VzcyJ9.c2lnbmF0dXJl",
                     *       "refresh": "v1.1.1.1.OsYw-UcP5tByooFafEUkWtmXvspLnh4qf_jFxaOP3T4",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "user": {
                     *         "id": 1,
                     *         "mobile": "+14155552671",
                     *         "name": "Ada",
                     *         "email": null,
                     *         "tier": "basic",
                     *         "is_verified": true,
                     *         "is_admin": false,
                     *         "date_joined": "2026-12-01T09:00:26Z",
                     *         "custom_instructions": ""
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Verified"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`, `invalid_code`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `foreign_origin`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `too_many_guesses`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `busy`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header?: {
                /** @description `web`, of a page with this server's Origin: the refresh token travels in a cookie that no script reads, and never in a body. */
                "X-Pollux-Client"?: components["parameters"]["PolluxClient"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mobile": "+14155552671",
                 *       "password": "a-long-pass-word-7"
                 *     }
                 */
                "application/json": components["schemas"]["LogIn"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIiwic2lkIjoiMSIsInR5cCI6ImFjY2VzcyJ9.c2lnbmF0dXJl",
                     *       "refresh": "v1.1.1.1.OsYw-UcP5tByooFafEUkWtmXvspLnh4qf_jFxaOP3T4",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "user": {
                     *         "id": 1,
                     *         "mobile": "+14155552671",
                     *         "name": "Ada",
                     *         "email": null,
                     *         "tier": "basic",
                     *         "is_verified": true,
                     *         "is_admin": false,
                     *         "date_joined": "2026-12-01T09:00:26Z",
                     *         "custom_instructions": ""
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `wrong_credentials`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `password_login_disabled`, `foreign_origin`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `too_many_guesses`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `busy`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    logInByLink: {
        parameters: {
            query?: never;
            header?: {
                /** @description `web`, of a page with this server's Origin: the refresh token travels in a cookie that no script reads, and never in a body. */
                "X-Pollux-Client"?: components["parameters"]["PolluxClient"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "q0Yw-the-token-that-createsuperuser-printed"
                 *     }
                 */
                "application/json": components["schemas"]["LogInByLink"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIiwic2lkIjoiMSIsInR5cCI6ImFjY2VzcyJ9.c2lnbmF0dXJl",
                     *       "refresh": "v1.1.1.1.OsYw-UcP5tByooFafEUkWtmXvspLnh4qf_jFxaOP3T4",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "user": {
                     *         "id": 1,
                     *         "mobile": "+14155552671",
                     *         "name": "Ada",
                     *         "email": null,
                     *         "tier": "basic",
                     *         "is_verified": true,
                     *         "is_admin": false,
                     *         "date_joined": "2026-12-01T09:00:26Z",
                     *         "custom_instructions": ""
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`, `invalid_link`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `foreign_origin`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    forgotPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mobile": "+14155552671"
                 *     }
                 */
                "application/json": components["schemas"]["ForgotPassword"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "detail": "If the number has an account, a code is on its way to it.",
                     *       "expires_in": 300,
                     *       "retry_after": 60,
                     *       "challenge": "fl3djZ8m7p3tZyrOmmNU2KwSUgCUQSFMAip4-Iy-VF0"
                     *     }
                     */
                    "application/json": components["schemas"]["CodeSent"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `no_account`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `otp_cooldown`, `otp_hourly_limit`, `otp_daily_limit`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reset_token": "p8Tz-the-token-that-verify-otp-gave",
                 *       "new_password": "another-pass-word-8"
                 *     }
                 */
                "application/json": components["schemas"]["ResetPassword"];
            };
        };
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`, `invalid_reset_token`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `busy`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "old_password": "a-long-pass-word-7",
                 *       "new_password": "another-pass-word-8"
                 *     }
                 */
                "application/json": components["schemas"]["ChangePassword"];
            };
        };
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `wrong_password`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `too_many_guesses`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `busy`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description `web`, of a page with this server's Origin: the refresh token travels in a cookie that no script reads, and never in a body. */
                "X-Pollux-Client"?: components["parameters"]["PolluxClient"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refresh": "v1.1.1.1.OsYw-UcP5tByooFafEUkWtmXvspLnh4qf_jFxaOP3T4"
                 *     }
                 */
                "application/json": components["schemas"]["RefreshSession"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIiwic2lkIjoiMSIsInR5cCI6ImFjY2VzcyJ9.c2lnbmF0dXJl",
                     *       "refresh": "v1.1.1.2.OjYfKQSkheN3RN3UtO2gXJG9zD3KFYqjVYSan9QGQaI",
                     *       "expires_in": 900
                     *     }
                     */
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `refresh_invalid`, `refresh_expired`, `refresh_reused`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `foreign_origin`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header?: {
                /** @description `web`, of a page with this server's Origin: the refresh token travels in a cookie that no script reads, and never in a body. */
                "X-Pollux-Client"?: components["parameters"]["PolluxClient"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "all": false
                 *     }
                 */
                "application/json": components["schemas"]["LogOut"];
            };
        };
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `foreign_origin`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description The most of them on one page. */
                limit?: number;
                /** @description What `next` of the page before says. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "id": 1,
                     *           "created_at": "2026-12-01T09:00:26Z",
                     *           "last_used_at": "2026-12-01T09:00:26Z",
                     *           "ip": "198.51.100.7",
                     *           "user_agent": "Mozilla/5.0",
                     *           "current": true
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["PageSessionView"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_cursor`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the session. */
                session: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `session_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 1,
                     *       "mobile": "+14155552671",
                     *       "name": "Ada",
                     *       "email": null,
                     *       "tier": "basic",
                     *       "is_verified": true,
                     *       "is_admin": false,
                     *       "date_joined": "2026-12-01T09:00:26Z",
                     *       "custom_instructions": ""
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "password": "a-long-pass-word-7"
                 *     }
                 */
                "application/json": components["schemas"]["DeleteAccount"];
            };
        };
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `confirmation_required`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `too_many_guesses`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `busy`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    changeMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada L.",
                 *       "custom_instructions": "Answer briefly."
                 *     }
                 */
                "application/json": components["schemas"]["ChangeProfile"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 1,
                     *       "mobile": "+14155552671",
                     *       "name": "Ada L.",
                     *       "email": null,
                     *       "tier": "basic",
                     *       "is_verified": true,
                     *       "is_admin": false,
                     *       "date_joined": "2026-12-01T09:00:26Z",
                     *       "custom_instructions": "Answer briefly."
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    takeTextReport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Bytes of any type, as their sender makes them. */
        requestBody: {
            content: {
                /** @example MessageSid=SM1f0e8ae6ade43cb3c0ce4525424e404f&MessageStatus=delivered&To=%2B14155552671&From=%2B15005550006&AccountSid=AC0123456789abcdef0123456789abcdef */
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "received": true
                     *     }
                     */
                    "application/json": components["schemas"]["ReportTaken"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `signature_missing`, `signature_invalid`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `sms_not_configured`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listRooms: {
        parameters: {
            query?: {
                /** @description Only rooms whose name holds this. */
                q?: string;
                /** @description The most of them on one page. */
                limit?: number;
                /** @description What `next` of the page before says. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "id": 1,
                     *           "name": "Test Chatroom",
                     *           "named_by": "user",
                     *           "model": null,
                     *           "pinned": false,
                     *           "running": false,
                     *           "created_at": "2026-12-01T09:00:27Z",
                     *           "updated_at": "2026-12-01T09:00:28Z",
                     *           "last_message": {
                     *             "text": "Why did the coroutine never finish its story?\n\nBecause it said \"to be continued\" and nobody kept the handle.",
                     *             "role": "assistant",
                     *             "created_at": "2026-12-01T09:00:27Z"
                     *           }
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["RoomPage"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `cursor_invalid`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createRoom: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeats with the same key within 24 hours have one effect and get the same ids. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "name": "Test Chatroom"
                 *     }
                 */
                "application/json": components["schemas"]["CreateRoom"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 1,
                     *       "name": "Test Chatroom",
                     *       "named_by": "user",
                     *       "model": null,
                     *       "system_prompt": "",
                     *       "pinned": false,
                     *       "running": false,
                     *       "created_at": "2026-12-01T09:00:27Z",
                     *       "updated_at": "2026-12-01T09:00:27Z",
                     *       "last_message": null
                     *     }
                     */
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`, `invalid_idempotency_key`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `idempotency_in_progress`, `rooms_max_reached`. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`, `idempotency_key_reused`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `outcome_unknown`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    showRoom: {
        parameters: {
            query?: {
                /** @description The most of them on one page. */
                limit?: number;
                /** @description What `next` of the page before says. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The id of the room. */
                room: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 1,
                     *       "name": "Test Chatroom",
                     *       "named_by": "user",
                     *       "model": null,
                     *       "system_prompt": "",
                     *       "pinned": false,
                     *       "running": false,
                     *       "created_at": "2026-12-01T09:00:27Z",
                     *       "updated_at": "2026-12-01T09:00:28Z",
                     *       "last_message": {
                     *         "text": "Why did the coroutine never finish its story?\n\nBecause it said \"to be continued\" and nobody kept the handle.",
                     *         "role": "assistant",
                     *         "created_at": "2026-12-01T09:00:27Z"
                     *       },
                     *       "messages": [
                     *         {
                     *           "id": 1,
                     *           "chatroom": 1,
                     *           "role": "user",
                     *           "status": "completed",
                     *           "content": "Hello AI! Tell me a joke.",
                     *           "thoughts": "",
                     *           "citations": [],
                     *           "reply_to": null,
                     *           "variant": 1,
                     *           "variants": 1,
                     *           "model": null,
                     *           "requested_model": null,
                     *           "finish_reason": null,
                     *           "error": null,
                     *           "usage": null,
                     *           "waiting": null,
                     *           "created_at": "2026-12-01T09:00:27Z",
                     *           "started_at": null,
                     *           "completed_at": "2026-12-01T09:00:27Z",
                     *           "thought_ms": null,
                     *           "request_id": null
                     *         },
                     *         {
                     *           "id": 2,
                     *           "chatroom": 1,
                     *           "role": "assistant",
                     *           "status": "completed",
                     *           "content": "Why did the coroutine never finish its story?\n\nBecause it said \"to be continued\" and nobody kept the handle.\n",
                     *           "thoughts": "",
                     *           "citations": [],
                     *           "reply_to": 1,
                     *           "variant": 1,
                     *           "variants": 1,
                     *           "model": "gemini:gemini-flash-latest",
                     *           "requested_model": "gemini:gemini-flash-latest",
                     *           "finish_reason": "stop",
                     *           "error": null,
                     *           "usage": {
                     *             "prompt_tokens": 30,
                     *             "completion_tokens": 79,
                     *             "thought_tokens": 0,
                     *             "estimated": false
                     *           },
                     *           "waiting": null,
                     *           "created_at": "2026-12-01T09:00:27Z",
                     *           "started_at": "2026-12-01T09:00:27Z",
                     *           "completed_at": "2026-12-01T09:00:28Z",
                     *           "thought_ms": null,
                     *           "request_id": "98444a16f548a74a"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["RoomWithMessages"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `cursor_invalid`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `room_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the room. */
                room: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `room_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    changeRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the room. */
                room: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "name": "Jokes",
                 *       "pinned": true
                 *     }
                 */
                "application/json": components["schemas"]["ChangeRoom"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 1,
                     *       "name": "Jokes",
                     *       "named_by": "user",
                     *       "model": null,
                     *       "system_prompt": "",
                     *       "pinned": true,
                     *       "running": false,
                     *       "created_at": "2026-12-01T09:00:27Z",
                     *       "updated_at": "2026-12-01T09:00:28Z",
                     *       "last_message": {
                     *         "text": "Why did the coroutine never finish its story?\n\nBecause it said \"to be continued\" and nobody kept the handle.",
                     *         "role": "assistant",
                     *         "created_at": "2026-12-01T09:00:27Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `room_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    sendMessage: {
        parameters: {
            query?: {
                /** @description For clients that cannot stream: the seconds until which the answer waits for the whole reply. */
                wait?: number;
                /** @description What Last-Event-ID is, for who cannot send headers. */
                lastEventId?: string;
            };
            header?: {
                /** @description Repeats with the same key within 24 hours have one effect and get the same ids. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The id of the room. */
                room: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "content": "Hello AI! Tell me a joke."
                 *     }
                 */
                "application/json": components["schemas"]["SendMessage"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": {
                     *         "id": 1,
                     *         "chatroom": 1,
                     *         "role": "user",
                     *         "status": "completed",
                     *         "content": "Hello AI! Tell me a joke.",
                     *         "thoughts": "",
                     *         "citations": [],
                     *         "reply_to": null,
                     *         "variant": 1,
                     *         "variants": 1,
                     *         "model": null,
                     *         "requested_model": null,
                     *         "finish_reason": null,
                     *         "error": null,
                     *         "usage": null,
                     *         "waiting": null,
                     *         "created_at": "2026-12-01T09:00:27Z",
                     *         "started_at": null,
                     *         "completed_at": "2026-12-01T09:00:27Z",
                     *         "thought_ms": null,
                     *         "request_id": null
                     *       },
                     *       "reply": {
                     *         "id": 2,
                     *         "chatroom": 1,
                     *         "role": "assistant",
                     *         "status": "completed",
                     *         "content": "Why did the coroutine never finish its story?\n\nBecause it said \"to be continued\" and nobody kept the handle.\n",
                     *         "thoughts": "",
                     *         "citations": [],
                     *         "reply_to": 1,
                     *         "variant": 1,
                     *         "variants": 1,
                     *         "model": "gemini:gemini-flash-latest",
                     *         "requested_model": "gemini:gemini-flash-latest",
                     *         "finish_reason": "stop",
                     *         "error": null,
                     *         "usage": {
                     *           "prompt_tokens": 30,
                     *           "completion_tokens": 79,
                     *           "thought_tokens": 0,
                     *           "estimated": false
                     *         },
                     *         "waiting": null,
                     *         "created_at": "2026-12-01T09:00:27Z",
                     *         "started_at": "2026-12-01T09:00:27Z",
                     *         "completed_at": "2026-12-01T09:00:28Z",
                     *         "thought_ms": null,
                     *         "request_id": "98444a16f548a74a"
                     *       },
                     *       "stream_url": "/chatroom/1/message/2/stream/",
                     *       "usage": {
                     *         "tier": "basic",
                     *         "limit": 5,
                     *         "used": 1,
                     *         "remaining": 4,
                     *         "resets_at": "2026-12-02T00:00:00Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Sent"];
                    /**
                     * @example event: accepted
                     *     data: {"message":{"id":1,"chatroom":1,"role":"user","status":"completed","content":"Hello AI! Tell me a joke.","thoughts":"","citations":[],"reply_to":null,"variant":1,"variants":1,"model":null,"requested_model":null,"finish_reason":null,"error":null,"usage":null,"waiting":null,"created_at":"2026-12-01T09:00:27Z","started_at":null,"completed_at":"2026-12-01T09:00:27Z","thought_ms":null,"request_id":null},"reply":{"id":2,"chatroom":1,"role":"assistant","status":"queued","content":"","thoughts":"","citations":[],"reply_to":1,"variant":1,"variants":1,"model":"gemini:gemini-flash-latest","requested_model":"gemini:gemini-flash-latest","finish_reason":null,"error":null,"usage":null,"waiting":null,"created_at":"2026-12-01T09:00:27Z","started_at":null,"completed_at":null,"thought_ms":null,"request_id":"98444a16f548a74a"},"stream_url":"/chatroom/1/message/2/stream/","usage":{"tier":"basic","limit":5,"used":1,"remaining":4,"resets_at":"2026-12-02T00:00:00Z"}}
                     *
                     *     event: start
                     *     id: 1-0
                     *     data: {"message_id":2,"attempt":1,"model":"gemini:gemini-flash-latest"}
                     *
                     *     event: delta
                     *     id: 1-24
                     *     data: {"text":"Why did the coroutine ne"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`, `invalid_idempotency_key`, `bad_event_id`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `model_not_in_plan`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `room_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `idempotency_in_progress`. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`, `invalid_input`, `idempotency_key_reused`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `daily_limit_reached`, `room_busy`, `queue_full`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `busy`, `outcome_unknown`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    showMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the room. */
                room: number;
                /** @description The id of the message. */
                message: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 2,
                     *       "chatroom": 1,
                     *       "role": "assistant",
                     *       "status": "completed",
                     *       "content": "Why did the coroutine never finish its story?\n\nBecause it said \"to be continued\" and nobody kept the handle.\n",
                     *       "thoughts": "",
                     *       "citations": [],
                     *       "reply_to": 1,
                     *       "variant": 1,
                     *       "variants": 1,
                     *       "model": "gemini:gemini-flash-latest",
                     *       "requested_model": "gemini:gemini-flash-latest",
                     *       "finish_reason": "stop",
                     *       "error": null,
                     *       "usage": {
                     *         "prompt_tokens": 30,
                     *         "completion_tokens": 79,
                     *         "thought_tokens": 0,
                     *         "estimated": false
                     *       },
                     *       "waiting": null,
                     *       "created_at": "2026-12-01T09:00:27Z",
                     *       "started_at": "2026-12-01T09:00:27Z",
                     *       "completed_at": "2026-12-01T09:00:28Z",
                     *       "thought_ms": null,
                     *       "request_id": "98444a16f548a74a"
                     *     }
                     */
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `message_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    streamReply: {
        parameters: {
            query?: {
                /** @description What Last-Event-ID is, for who cannot send headers. */
                lastEventId?: string;
            };
            header?: {
                /** @description The id of the last event that was read: the stream goes on behind it. */
                "Last-Event-ID"?: components["parameters"]["LastEventID"];
            };
            path: {
                /** @description The id of the room. */
                room: number;
                /** @description The id of the message. */
                message: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: start
                     *     id: 1-0
                     *     data: {"message_id":2,"attempt":1,"model":"gemini:gemini-flash-latest"}
                     *
                     *     event: delta
                     *     id: 1-24
                     *     data: {"text":"Why did the coroutine ne"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description Everything was read already, by the Last-Event-ID; an EventSource stops here. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `bad_event_id`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `message_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    stopReply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the room. */
                room: number;
                /** @description The id of the message. */
                message: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 2,
                     *       "chatroom": 1,
                     *       "role": "assistant",
                     *       "status": "completed",
                     *       "content": "Why did the coroutine never finish its story?\n\nBecause it said \"to be continued\" and nobody kept the handle.\n",
                     *       "thoughts": "",
                     *       "citations": [],
                     *       "reply_to": 1,
                     *       "variant": 1,
                     *       "variants": 1,
                     *       "model": "gemini:gemini-flash-latest",
                     *       "requested_model": "gemini:gemini-flash-latest",
                     *       "finish_reason": "stop",
                     *       "error": null,
                     *       "usage": {
                     *         "prompt_tokens": 30,
                     *         "completion_tokens": 79,
                     *         "thought_tokens": 0,
                     *         "estimated": false
                     *       },
                     *       "waiting": null,
                     *       "created_at": "2026-12-01T09:00:27Z",
                     *       "started_at": "2026-12-01T09:00:27Z",
                     *       "completed_at": "2026-12-01T09:00:28Z",
                     *       "thought_ms": null,
                     *       "request_id": "98444a16f548a74a"
                     *     }
                     */
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `message_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    retryReply: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeats with the same key within 24 hours have one effect and get the same ids. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The id of the room. */
                room: number;
                /** @description The id of the message. */
                message: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "reply": {
                     *         "id": 3,
                     *         "chatroom": 1,
                     *         "role": "assistant",
                     *         "status": "queued",
                     *         "content": "",
                     *         "thoughts": "",
                     *         "citations": [],
                     *         "reply_to": 1,
                     *         "variant": 2,
                     *         "variants": 2,
                     *         "model": "gemini:gemini-flash-latest",
                     *         "requested_model": "gemini:gemini-flash-latest",
                     *         "finish_reason": null,
                     *         "error": null,
                     *         "usage": null,
                     *         "waiting": null,
                     *         "created_at": "2026-12-01T09:00:28Z",
                     *         "started_at": null,
                     *         "completed_at": null,
                     *         "thought_ms": null,
                     *         "request_id": "98444a16f548a74a"
                     *       },
                     *       "stream_url": "/chatroom/1/message/3/stream/"
                     *     }
                     */
                    "application/json": components["schemas"]["Retried"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_idempotency_key`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `model_not_in_plan`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `room_not_found`, `message_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `reply_running`, `too_many_variants`, `idempotency_in_progress`. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `idempotency_key_reused`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`, `daily_limit_reached`, `room_busy`, `queue_full`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `busy`, `outcome_unknown`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listVariants: {
        parameters: {
            query?: {
                /** @description What `next` of the page before says. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The id of the room. */
                room: number;
                /** @description The id of the message. */
                message: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "id": 2,
                     *           "chatroom": 1,
                     *           "role": "assistant",
                     *           "status": "completed",
                     *           "content": "Why did the coroutine never finish its story?\n\nBecause it said \"to be continued\" and nobody kept the handle.\n",
                     *           "thoughts": "",
                     *           "citations": [],
                     *           "reply_to": 1,
                     *           "variant": 1,
                     *           "variants": 2,
                     *           "model": "gemini:gemini-flash-latest",
                     *           "requested_model": "gemini:gemini-flash-latest",
                     *           "finish_reason": "stop",
                     *           "error": null,
                     *           "usage": {
                     *             "prompt_tokens": 30,
                     *             "completion_tokens": 79,
                     *             "thought_tokens": 0,
                     *             "estimated": false
                     *           },
                     *           "waiting": null,
                     *           "created_at": "2026-12-01T09:00:27Z",
                     *           "started_at": "2026-12-01T09:00:27Z",
                     *           "completed_at": "2026-12-01T09:00:28Z",
                     *           "thought_ms": null,
                     *           "request_id": "98444a16f548a74a"
                     *         },
                     *         {
                     *           "id": 3,
                     *           "chatroom": 1,
                     *           "role": "assistant",
                     *           "status": "streaming",
                     *           "content": "",
                     *           "thoughts": "",
                     *           "citations": [],
                     *           "reply_to": 1,
                     *           "variant": 2,
                     *           "variants": 2,
                     *           "model": "gemini:gemini-flash-latest",
                     *           "requested_model": "gemini:gemini-flash-latest",
                     *           "finish_reason": null,
                     *           "error": null,
                     *           "usage": null,
                     *           "waiting": null,
                     *           "created_at": "2026-12-01T09:00:28Z",
                     *           "started_at": "2026-12-01T09:00:28Z",
                     *           "completed_at": null,
                     *           "thought_ms": null,
                     *           "request_id": "98444a16f548a74a"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["VariantPage"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `cursor_invalid`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `message_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listModels: {
        parameters: {
            query?: {
                /** @description Also the models of other plans; `allowed` tells which are yours. */
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "id": "gemini:gemini-flash-latest",
                     *           "label": "gemini-flash-latest",
                     *           "line": "",
                     *           "is_default": true,
                     *           "allowed": true
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["ModelList"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `user_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description What Last-Event-ID is, for who cannot send headers. */
                lastEventId?: string;
            };
            header?: {
                /** @description The id of the last event that was read: the stream goes on behind it. */
                "Last-Event-ID"?: components["parameters"]["LastEventID"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: room
                     *     id: 17
                     *     data: {"room_id":1}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    showUsage: {
        parameters: {
            query?: {
                /** @description A row for each of the last so many days, today among them. */
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "tier": "basic",
                     *       "limit": 5,
                     *       "used": 2,
                     *       "remaining": 3,
                     *       "resets_at": "2026-12-02T00:00:00Z",
                     *       "tokens": {
                     *         "prompt_tokens": 30,
                     *         "completion_tokens": 79,
                     *         "thought_tokens": 0
                     *       },
                     *       "upgrade": {
                     *         "plans": "/plans/",
                     *         "checkout": "/subscription/checkout/"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["UsageReport"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `user_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listPlans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "name": "basic",
                     *           "title": "Basic",
                     *           "rank": 0,
                     *           "description": [
                     *             "For trying things out."
                     *           ],
                     *           "limits": {
                     *             "messages_per_day": 5,
                     *             "requests_per_minute": 120,
                     *             "models": null,
                     *             "context_tokens": 32000,
                     *             "message_characters_max": 32000,
                     *             "replies_at_once": 2,
                     *             "rooms_max": 1000
                     *           },
                     *           "prices": []
                     *         },
                     *         {
                     *           "name": "pro",
                     *           "title": "Pro",
                     *           "rank": 1,
                     *           "description": [
                     *             "For every day: many more messages."
                     *           ],
                     *           "limits": {
                     *             "messages_per_day": 1000,
                     *             "requests_per_minute": 600,
                     *             "models": null,
                     *             "context_tokens": 32000,
                     *             "message_characters_max": 32000,
                     *             "replies_at_once": 2,
                     *             "rooms_max": 10000
                     *           },
                     *           "prices": [
                     *             {
                     *               "id": "price_1AbC",
                     *               "amount_minor": 1200,
                     *               "currency": "usd",
                     *               "exponent": 2,
                     *               "interval": "month",
                     *               "interval_count": 1
                     *             },
                     *             {
                     *               "id": "price_1AbD",
                     *               "amount_minor": 12000,
                     *               "currency": "usd",
                     *               "exponent": 2,
                     *               "interval": "year",
                     *               "interval_count": 1
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["PlanList"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    buyPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeats with the same key within 24 hours have one effect and get the same ids. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "plan": "pro"
                 *     }
                 */
                "application/json": components["schemas"]["BuyPlan"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "checkout_url": "https://checkout.stripe.com/c/pay/cs_live_a1B2c3",
                     *       "session_id": "cs_live_a1B2c3"
                     *     }
                     */
                    "application/json": components["schemas"]["OpenCheckout"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`, `invalid_idempotency_key`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `plan_not_sold`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `already_subscribed`, `payment_pending`, `idempotency_in_progress`. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`, `idempotency_key_reused`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `payment_refused`. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `billing_not_configured`, `payment_provider_slow`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    buyPro: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeats with the same key within 24 hours have one effect and get the same ids. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["BuyPro"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "checkout_url": "https://checkout.stripe.com/c/pay/cs_live_a1B2c3",
                     *       "session_id": "cs_live_a1B2c3"
                     *     }
                     */
                    "application/json": components["schemas"]["OpenCheckout"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`, `invalid_idempotency_key`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `plan_not_sold`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `already_subscribed`, `payment_pending`, `idempotency_in_progress`. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`, `idempotency_key_reused`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `payment_refused`. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `billing_not_configured`, `payment_provider_slow`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    showSubscription: {
        parameters: {
            query?: {
                /** @description A checkout that has just ended: the payment provider is asked what became of it. */
                session_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "tier": "pro",
                     *       "status": "active",
                     *       "plan": "pro",
                     *       "price": "price_1AbC",
                     *       "current_period_end": "2027-01-01T09:00:28Z",
                     *       "cancels_at": null,
                     *       "grace_until": null,
                     *       "other_subscriptions": 0,
                     *       "source": "stripe",
                     *       "publishable_key": "pk_live_a1B2c3"
                     *     }
                     */
                    "application/json": components["schemas"]["SubscriptionStatus"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `session_not_found`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    openPortal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["AskForPortal"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "url": "https://billing.stripe.com/p/session/live_a1B2c3"
                     *     }
                     */
                    "application/json": components["schemas"]["OpenPortal"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`, `invalid_json`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `not_subscribed`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `unsupported_media_type`, `unsupported_encoding`. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `invalid_input`. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `payment_refused`. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `billing_not_configured`, `payment_provider_slow`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    cancelSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "tier": "pro",
                     *       "status": "active",
                     *       "plan": "pro",
                     *       "price": "price_1AbC",
                     *       "current_period_end": "2027-01-01T09:00:28Z",
                     *       "cancels_at": "2027-01-01T09:00:28Z",
                     *       "grace_until": null,
                     *       "other_subscriptions": 0,
                     *       "source": "stripe",
                     *       "publishable_key": "pk_live_a1B2c3"
                     *     }
                     */
                    "application/json": components["schemas"]["SubscriptionStatus"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `not_subscribed`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `payment_refused`. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `billing_not_configured`, `payment_provider_slow`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    reactivateSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "tier": "pro",
                     *       "status": "active",
                     *       "plan": "pro",
                     *       "price": "price_1AbC",
                     *       "current_period_end": "2027-01-01T09:00:28Z",
                     *       "cancels_at": null,
                     *       "grace_until": null,
                     *       "other_subscriptions": 0,
                     *       "source": "stripe",
                     *       "publishable_key": "pk_live_a1B2c3"
                     *     }
                     */
                    "application/json": components["schemas"]["SubscriptionStatus"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_missing`, `token_invalid`, `token_expired`, `session_ended`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `not_subscribed`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `payment_refused`. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `billing_not_configured`, `payment_provider_slow`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    takePaymentEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Bytes of any type, as their sender makes them. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_1Q2hHy2eZvKYlo2C8eTxqkQj",
                 *       "object": "event",
                 *       "api_version": "2026-10-28.endive",
                 *       "created": 1796115600,
                 *       "type": "customer.subscription.updated",
                 *       "livemode": false,
                 *       "data": {
                 *         "object": {
                 *           "id": "sub_1Q2hHx2eZvKYlo2CqwVzjZ3r",
                 *           "object": "subscription",
                 *           "customer": "cus_R2vX9bUXwQ8mZk",
                 *           "status": "active"
                 *         }
                 *       }
                 *     }
                 */
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "received": true
                     *     }
                     */
                    "application/json": components["schemas"]["EventTaken"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `signature_missing`, `signature_invalid`, `signature_too_old`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `body_too_large`. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`, `billing_not_configured`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_full`. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "database": "ok",
                     *       "redis": "not set",
                     *       "workers": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Refused: `bad_target`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `too_many_connections`, `database_unavailable`, `stopping`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "database": "ok",
                     *       "redis": "not set",
                     *       "workers": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Refused: `bad_target`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `too_many_connections`, `database_unavailable`, `stopping`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Alive"];
                };
            };
            /** @description Refused: `bad_target`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description Refused: `bad_target`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    config: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "countries": null,
                     *       "default_country": "1",
                     *       "password_login": true,
                     *       "brand": {
                     *         "name": "Pollux",
                     *         "accent": "#0c6078",
                     *         "accent_dark": "#7cc7de",
                     *         "logo": null
                     *       },
                     *       "billing": "demo",
                     *       "plans": "/plans/",
                     *       "terms_url": null,
                     *       "privacy_url": null
                     *     }
                     */
                    "application/json": components["schemas"]["PublicConfig"];
                };
            };
            /** @description Refused: `bad_target`, `host_not_allowed`, `invalid_query`, `repeated_parameter`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `rate_limited`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `storage_unavailable`, `too_many_connections`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
