// Generated from openapi.json by `npm run types`. Do not edit.

export interface paths {
    "/api/v1/access/principals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody who is known. */
        get: operations["listPrincipals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/principals/{principal}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a token that acts for somebody who is known: mostly a service. */
        post: operations["makeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has a service known, which can then have tokens. Without effect if it is known already, with this owner. */
        post: operations["makeService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody's sessions. */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/sessions/{session}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a session: one's own, or somebody else's where policies allow it. */
        post: operations["endSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody's tokens. */
        get: operations["listTokens"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/tokens/{token}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a token useless: one's own, or somebody else's where policies allow it. */
        post: operations["revokeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes the catalog what the manifests say: all of them, or nothing. */
        post: operations["applyManifests"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says what an apply would change, or what is wrong; changes nothing. */
        post: operations["checkManifests"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/entities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists entities: filtered, sorted, counted by facet. */
        get: operations["listEntities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/entities/{kind}/{namespace}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows everything that is known about an entity. */
        get: operations["getEntity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/entities/{kind}/{namespace}/{name}/blast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what is affected when an entity fails: everything downstream, with owners. */
        get: operations["getBlastRadius"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/entities/{kind}/{namespace}/{name}/dependencies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what an entity needs, directly and through others. */
        get: operations["getDependencies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/entities/{kind}/{namespace}/{name}/graph": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the graph around an entity: what it needs, what it affects, and how these hang together. */
        get: operations["getGraphAroundEntity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/entities/{kind}/{namespace}/{name}/graph.svg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Draws the graph around an entity. */
        get: operations["drawGraphAroundEntity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/entities/{kind}/{namespace}/{name}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the manifest that declares an entity, as its author wrote it. */
        get: operations["getManifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/entities/{kind}/{namespace}/{name}/owner": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says who answers for an entity, and how that is known. */
        get: operations["getOwnerOfEntity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Writes entities as manifests: in their own format as they were, in the other with a list of what was lost. */
        get: operations["exportManifests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalog/problems": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what is not in order: references to what is not there, circles, what nobody answers for, bad manifests. */
        get: operations["listCatalogProblems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follows the ledger: one event for each committed entry, with its number as the event's id and its kind as the event's
         *     type. `Last-Event-ID` goes on from there. A comment comes after 15 s of silence.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/evidence/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Records that evidence is taken out, with the hash of its manifest: the entry vouches for the whole bundle. */
        post: operations["recordExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Signs the head: a note to keep where the operator of this server cannot reach it. */
        get: operations["getCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/entries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists entries, each with one sentence that says what happened. */
        get: operations["listEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/entries/{seq}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows an entry. */
        get: operations["getEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/entries/{seq}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Proves that an entry is in the ledger, by a checkpoint of now. */
        get: operations["proveEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/head": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says how many entries there are, their root, and how far that is published and cosigned. */
        get: operations["getLedgerHead"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/leaves": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Gives entries as they were hashed: one leaf of canonical JSON on each line, at most 10,000 of them. All of them rebuild
         *     the tree; `X-Ledger-Size` says how many there are.
         */
        get: operations["listLeaves"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/names/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Gives the text of a name, which may be a person's, with the salt that ties it to its hash in the entry `names.given`. */
        get: operations["getName"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/texts/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Gives a text that an entry commits to by its SHA-256: an error, a manifest, a reason. */
        get: operations["getText"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who sends this request, and where one can sign in. Answered to everybody. */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's own sessions. */
        get: operations["listMySessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's own tokens. */
        get: operations["listMyTokens"];
        put?: never;
        /** Makes a token that acts for the caller. */
        post: operations["makeMyToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/owners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists every owner, with how much each answers for. */
        get: operations["listOwners"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/owners/{owner}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows what an owner answers for. */
        get: operations["getOwner"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hands out no more work; what runs goes on. */
        post: operations["pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists pipelines with their last runs: how often they succeed, how long they take, since when they fail. */
        get: operations["listPipelines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists resources with what running tasks hold of them. */
        get: operations["listResources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Sets how much of a resource there is. */
        put: operations["setResource"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists runs, latest first. */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a run: who, when, with which parameters, how it went. */
        get: operations["getRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what changed in a run, and how far its tasks are. */
        get: operations["getChangesOfRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/compare/{other}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says how a run differs from another: parameters, tasks that came and went, what went otherwise or took longer. */
        get: operations["compareRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says why a run is not done: first causes, whose they are, what they affect, what to do. */
        get: operations["explainRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/graph": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the graph of a run: where its tasks stand, what they need, how they went. */
        get: operations["getGraphOfRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/graph.svg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Draws the graph of a run. */
        get: operations["drawGraphOfRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has everything of a run tried again at once that failed, or that the scheduler disabled after too many failures. Says which. */
        post: operations["retryRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the tasks of a run: what they require, tries with times and errors. Together they are the run's graph. */
        get: operations["listTasksOfRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows who tried what when in a run, in order of time. */
        get: operations["getTimelineOfRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finds entities, teams, pipelines, runs and tasks by what they are called, the best first: a name that is what was typed,
         *     begins with it, has words that begin with it, or has it somewhere; of names that fit alike, by kind.
         */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says how the server is. */
        get: operations["status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a task: what it is, what the scheduler knows now, what was tried. */
        get: operations["getTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/done": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Marks a task as done, although its worker did not. */
        post: operations["markTaskAsDone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says why a task is not done: first causes, whose they are, what they affect, what to do. */
        get: operations["explainTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/forgive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has a failed task tried again at once; its failures still count. */
        post: operations["forgiveTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/graph": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the graph around a task as the scheduler knows it now, whatever run it belongs to, or none. */
        get: operations["getGraphAroundTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a running task a message. Its worker takes it with its next call, mostly within a second. */
        post: operations["sendMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/messages/{message}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the answer to a message, as often as wanted. */
        get: operations["getMessageAnswer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/re-enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switches a task on again that the scheduler disabled after too many failures. */
        post: operations["reEnableTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists teams: groups of the catalog, and groups that only others speak of as owners. */
        get: operations["listTeams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unpause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hands out work again. */
        post: operations["unpause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists workers that are here, in order of their arrival. */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers/{worker}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives a worker no more work: it ends what it runs, and leaves. Nothing undoes this but starting it anew. */
        post: operations["disableWorker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers/{worker}/processes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Asks a worker to run another number of tasks at once. It hears of it with its next call, mostly within a second. */
        put: operations["setWorkerProcesses"];
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
        /** @description Manifests to apply or to check. */
        ApplyRequest: {
            /** @description The manifests. */
            manifests: components["schemas"]["ManifestText"][];
            /** @description Which others are gone. */
            scope?: components["schemas"]["Scope"];
        };
        /** @description What an apply changed, or would change. */
        ApplyResult: {
            /** @description Entities declared for the first time, or differently. */
            declared: string[];
            /** @description Entities that they declare. */
            entities: number;
            /** @description Manifests handed in. */
            manifests: number;
            /** @description Entities that are declared no more. */
            removed: string[];
            /** @description Manifests that declare nothing of what stood at their paths before: files of another repository, most likely. */
            replaced?: string[];
            /** @description Owners that are named and that no manifest declares, as far as this was applied; may be cut. */
            unknown_owners?: components["schemas"]["UnknownOwnerView"][];
        };
        /** @description How much is in the catalog, and what is not in order. */
        CatalogCounts: {
            /** @description Circles of dependencies. */
            cycles: number;
            /** @description References to what is not there. */
            dangling: number;
            /** @description Entities that exist. */
            entities: number;
            /** @description Problems of the manifests in `[catalog] paths`. */
            manifest_problems: number;
            /** @description Pipelines that showed themselves. */
            pipelines: number;
            /** @description Entities that nobody answers for. */
            unowned: number;
        };
        /** @description What is not in order in the catalog. Lists may be cut; the counts are complete. */
        CatalogProblems: {
            /** @description How many there are of each. */
            counts: components["schemas"]["ProblemCounts"];
            /** @description Entities that need each other in a circle. */
            cycles: string[][];
            /** @description References to what is not there. */
            dangling: components["schemas"]["DanglingRelation"][];
            /** @description Manifests of `[catalog] paths` that cannot be read or are not valid; what they said before still counts. */
            manifests: components["schemas"]["FileProblem"][];
            /** @description What nobody answers for. */
            unowned: components["schemas"]["EntitySummary"][];
        };
        /** @description A task on the chain that decided how and when a run ended. */
        ChainTask: {
            /** @description Its family. */
            family: string;
            /** @description Its id. */
            id: string;
        };
        /** @description What a check found. */
        CheckResult: {
            /** @description What is wrong. */
            problems: components["schemas"]["FileProblem"][];
            /** @description Whether the manifests can be applied. */
            valid: boolean;
            would?: components["schemas"]["ApplyResult"] | null;
        };
        /** @description A signed note of the head, as C2SP tlog-checkpoint. */
        CheckpointNote: {
            /** @description The note: keep it where the operator of the ledger cannot reach it. */
            note: string;
            /** @description The key that opens it, as C2SP signed-note writes keys. Whoever checks should have it from elsewhere. */
            vkey: string;
            /** @description The keys of the witnesses that this server asks, in the same form; their lines may be on the note. */
            witnesses?: string[];
        };
        /** @description A field that the organisation added to Compass. */
        CustomFieldValue: {
            /** @description `text`, `number`, `boolean`, `user`, `single_select` or `multi_select` */
            kind: string;
            /** @description Its name. */
            name: string;
            /** @description Its values as text. */
            values: string[];
        };
        /** @description A relation whose target is not there. */
        DanglingRelation: {
            /** @description The key it is written under. */
            field: string;
            /** @description Where it is written. */
            place: components["schemas"]["Place"];
            /** @description The entity that declares it; for a claim or an alias, the one that is named. */
            ref: string;
            /** @description What is not there. */
            target: string;
            /** @description As written. */
            written: string;
        };
        /** @description Where an entity is declared. */
        Declaration: {
            /** @description Where each field comes from. */
            fields: components["schemas"]["FieldSource"][];
            /** @description `compass`, `backstage` or `bussola` */
            format: string;
            /** @description The file and where its document starts. */
            place: components["schemas"]["Place"];
            /** @description SHA-256 of the file's text. */
            sha256: string;
            /** @description When it was declared first. */
            since: string;
        };
        /** @description What the picture is, but for the nodes. It stays the same as long as `structure` does. */
        Drawing: {
            /** @description Positions in `edges` of those that close a circle and run from right to left. */
            back?: number[];
            /**
             * @description Ways of long edges: the position in `edges`, then x and y of each point between the ends. Between two points at the
             *     same height an edge runs straight.
             */
            bends?: number[][];
            /**
             * @description From what is needed to what needs it, as positions in `nodes`. An edge leaves the middle of a node's right side for
             *     the middle of the other's left side.
             */
            edges: number[][];
            /**
             * Format: int32
             * @description Height of the whole.
             */
            height: number;
            /** @description Names the picture: as long as it is the same, no node has moved and no edge has changed. */
            structure: string;
            /**
             * Format: int32
             * @description Width of the whole, in the units of places.
             */
            width: number;
        };
        /** @description How many things ended. */
        Ended: {
            /** @description Sessions or tokens. */
            ended: number;
        };
        /** @description Everything that is known about an entity. */
        EntityDetail: components["schemas"]["EntitySummary"] & {
            /** @description Other identifiers of it. */
            aliases?: string[];
            /** @description Annotations. */
            annotations?: {
                [key: string]: string;
            };
            /** @description Compass's custom fields. */
            custom_fields?: components["schemas"]["CustomFieldValue"][];
            declaration?: components["schemas"]["Declaration"] | null;
            /** @description Why it is not healthy, its own pipelines first, then what it needs, nearest first; may be cut. */
            health_reasons?: components["schemas"]["HealthReasonView"][];
            /** @description Key-value labels. */
            labels?: {
                [key: string]: string;
            };
            /** @description Links. */
            links?: components["schemas"]["PageLink"][];
            /** @description Who answers for it, and how that is known. */
            ownership: components["schemas"]["OwnerAnswer"];
            /** @description The pipelines that its runs have shown. */
            pipelines: components["schemas"]["PipelineShown"][];
            /** @description The components whose pipelines make it, when it is a dataset. */
            produced_by?: string[];
            /** @description Its relations, declared at either end or discovered; may be cut. */
            relations: components["schemas"]["RelationTo"][];
            /** @description How many there are. */
            relations_total: number;
        };
        /** @description The graph around an entity. */
        EntityGraph: components["schemas"]["Drawing"] & {
            /** @description The entity itself, then what is around it, nearest first. */
            nodes: components["schemas"]["EntityNode"][];
            /** @description The entity in the middle. */
            ref: string;
            /** @description Of each edge, how its second end relates to its first: `dependsOn`, `consumesApi`, … */
            relations: string[];
            /** @description How many entities there are, itself included; those that are not told are the farthest. */
            total: number;
        };
        /** @description An entity in a graph. */
        EntityNode: components["schemas"]["NodePlace"] & {
            /**
             * Format: int32
             * @description Steps from the middle: below 0 to what it needs, above 0 to what it affects.
             */
            distance: number;
            /** @description Since when its pipelines have been failing. */
            failing_since?: string | null;
            /** @description As lists say it: `failing`, `at_risk`, `healthy` or `unknown`; or `missing`: it is only spoken of. */
            health: string;
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description `kind:namespace/name` */
            ref: string;
            /** @description What people call it. */
            title: string;
            /** @description `service`, `pipeline`, `dataset`, … */
            type?: string | null;
        };
        /** @description A page of entities. */
        EntityPage: {
            /** @description Counts by facet, when asked for. */
            facets?: components["schemas"]["FacetView"][];
            /** @description The entities of this page, in the order that was asked for. */
            items: components["schemas"]["EntitySummary"][];
            /** @description The `offset` of the next page; not given on the last one. */
            next_offset?: number | null;
            /** @description How many there are in all pages. */
            total: number;
        };
        /** @description An entity in a list. */
        EntitySummary: {
            /** @description When its declaration changed last, or its runs last showed something new of it; not given: that is not known. */
            changed?: string | null;
            /** @description What it is for. */
            description?: string | null;
            /** @description Since when its pipelines have been failing; not given: all is well, or nothing is known. */
            failing_since?: string | null;
            /**
             * @description `failing`: the last run of one of its pipelines did not succeed; `at_risk`: something that it needs fails; `healthy`;
             *     `unknown`: nothing that runs has said anything about it.
             */
            health: string;
            /** @description What is nearest that fails, when it is at risk. */
            health_cause?: string | null;
            /** @description As declared. */
            lifecycle?: string | null;
            owner?: components["schemas"]["OwnerName"] | null;
            /**
             * @description `kind:namespace/name`
             * @example component:default/payments-api
             */
            ref: string;
            /** @description `declared` by a manifest, or only `discovered` by its runs. */
            state: string;
            /** @description As declared. */
            tags?: string[];
            /**
             * Format: int32
             * @description As declared: 1 is worst.
             */
            tier?: number | null;
            /** @description What people call it. */
            title: string;
            /** @description `service`, `pipeline`, `dataset`, …: as declared, else as discovered. */
            type?: string | null;
        };
        /** @description A page of entries. */
        EntryPage: {
            /** @description Entries, in the order that was asked for. A page may be short, even empty, and have more after it. */
            items: components["schemas"]["EntryView"][];
            /**
             * Format: int64
             * @description The `from` of the next page in the same order; not given on the last one.
             */
            next_from?: number | null;
            /**
             * Format: int64
             * @description How many the ledger has, whatever was asked for.
             */
            size: number;
        };
        /** @description The proof that an entry is in the ledger: the content of the files that `docs/ledger-format.md` describes. */
        EntryProof: {
            /** @description `checkpoint`: the signed note that the proof leads to. */
            checkpoint: string;
            /** @description `entry.hashes`: the hashes of the proof alone, one in base64 on each line. */
            hashes: string;
            /** @description `entry.json`: the entry as it was hashed. */
            leaf: string;
            /** @description `entry.tlog-proof`: proof and checkpoint in one text, as C2SP tlog-proof. */
            proof: string;
            /**
             * Format: int64
             * @description The entry.
             */
            seq: number;
            /** @description The key that opens it. Whoever checks should have it from elsewhere. */
            vkey: string;
        };
        /** @description One entry. */
        EntryView: {
            /** @description When it happened. */
            at: string;
            /** @description By what right. */
            authority?: string;
            /** @description SHA-256 of the leaf, in base64. */
            hash: string;
            /**
             * @description What happened.
             * @example task.moved
             */
            kind: string;
            /** @description The entry as it was hashed: canonical JSON. */
            leaf: string;
            /** @description What exactly. */
            payload: unknown;
            /** @description Who did it: an opaque id. */
            principal: string;
            /**
             * Format: int64
             * @description In the course of which run.
             */
            run?: number | null;
            /**
             * @description All of it as one sentence for people, with the names that things have now; empty for a kind that this release does
             *     not know.
             * @example manifest compass.yml declared component payments-api, owner payments
             */
            sentence?: string;
            /**
             * Format: int64
             * @description Its place in the ledger, from 0.
             */
            seq: number;
            /** @description To what. */
            subject: string;
            /**
             * Format: int32
             * @description The version of the payload.
             */
            version: number;
        };
        /** @description Why a request failed. */
        ErrorBody: {
            /**
             * @description Stable code; `docs/errors` has a line for each.
             * @example B0212
             */
            code: string;
            /** @description What to do about it; may be empty. */
            hint?: string;
            /**
             * @description What happened: lower case, one line, no period.
             * @example there is no run `77`
             */
            message: string;
            /** @description What is wrong with manifests, where that is the reason. */
            problems?: components["schemas"]["FileProblem"][];
        };
        /** @description What went wrong, as its author would read it in a log. */
        ErrorText: {
            /** @description How many bytes it has in all. */
            bytes: number;
            /** @description SHA-256 of what the client sent. */
            sha256: string;
            /** @description The text, perhaps cut. */
            text: string;
        };
        /** @description What the event stream says of a committed entry. */
        EventData: {
            /** @description When it happened. */
            at: string;
            /** @description What happened. */
            kind: string;
            /**
             * Format: int64
             * @description In which run.
             */
            run?: number | null;
            /**
             * Format: int64
             * @description Its place in the ledger.
             */
            seq: number;
            /** @description To what. */
            subject: string;
        };
        /** @description A first cause. */
        ExplainedCause: {
            /** @description Tries in this run. */
            attempts: number;
            /** @description The component that the task belongs to. */
            component: string;
            /** @description What depends on the component, nearest first; may be cut. */
            components_affected: components["schemas"]["ReachedEntity"][];
            /** @description How many they are. */
            components_affected_total: number;
            error?: components["schemas"]["ErrorText"] | null;
            /** @description Its family. */
            family: string;
            /** @description `failed`, `disabled`, `unplanned` (its `requires()` or `complete()` raised an error), `missing` (nobody makes it), `waiting` (for a worker or a resource) or `running` */
            kind: string;
            lost?: components["schemas"]["LostTry"] | null;
            /** @description What to do. */
            next: components["schemas"]["NextStep"][];
            /** @description Its status as the scheduler has it now, whatever it was when the run ended; not given: the scheduler has forgotten it. */
            now?: string | null;
            /** @description Who answers for that component, and how that is known. */
            ownership: components["schemas"]["OwnerAnswer"];
            /** @description From the task asked about to this one, both included; of a long way the middle is left out. */
            path: string[];
            /** @description How many tasks are on the way. */
            path_total: number;
            /** @description Pages that the component's manifest links to for that: those whose type or title says runbook. */
            runbooks?: components["schemas"]["PageLink"][];
            runner?: components["schemas"]["Runner"] | null;
            /** @description Since when. */
            since: string;
            /** @description What the component needs that is failing or changed shortly before; what fails comes first. */
            suspects: components["schemas"]["SuspectEntity"][];
            /** @description The task. */
            task: string;
            /** @description Tasks of the run that wait for it, nearest first; may be cut. */
            tasks_affected: string[];
            /** @description How many they are. */
            tasks_affected_total: number;
            /** @description Why it is not handed out, as far as the scheduler knows now. */
            waits?: components["schemas"]["WaitReason"][];
            /** @description Who tried last. */
            worker?: string | null;
        };
        /** @description The answer to "why is this not done". */
        ExplanationView: {
            /** @description First causes, the most telling first. */
            causes: components["schemas"]["ExplainedCause"][];
            /** @description How many there are; `causes` may be cut. */
            causes_total: number;
            later?: components["schemas"]["RunSummary"] | null;
            run?: components["schemas"]["RunSummary"] | null;
            /** @description Its status. */
            status: string;
            /** @description The task asked about, or the run's root. */
            task: string;
            /** @description Why the task itself is not handed out, as far as the scheduler knows now. */
            waits?: components["schemas"]["WaitReason"][];
        };
        /** @description A page of exported manifests. */
        ExportPage: {
            /** @description The format. */
            format: string;
            /** @description Manifests, in order of ref. */
            items: components["schemas"]["ExportedManifest"][];
            /** @description The `offset` of the next page; not given on the last one. */
            next_offset?: number | null;
            /** @description How many entities there are in all pages. */
            total: number;
        };
        /** @description The export is recorded. */
        ExportRecorded: {
            /**
             * Format: int64
             * @description Number of entries; the one that says so is among the last.
             */
            size: number;
        };
        /** @description Evidence that is about to be handed over. */
        ExportRequest: {
            /** @description Only what concerns this component, by its ref; not given: everything. */
            component?: string | null;
            /** @description Whose controls it is arranged by: `soc2`, `iso27001` or `sox`. */
            framework: string;
            /** @description From when on, as RFC 3339. */
            from: string;
            /** @description SHA-256 of the bundle's manifest, in hex. */
            manifest: string;
            /** @description Before when, as RFC 3339. */
            to: string;
        };
        /** @description An entity written as a manifest. */
        ExportedManifest: {
            /** @description What did not come along, and what had to be made up. */
            lost?: components["schemas"]["LostField"][];
            /** @description Where it may be written: the path of its own manifest where the format is the same, else made from its name. */
            path: string;
            /** @description The entity; not given for claims and aliases. */
            ref?: string | null;
            /** @description The document; not given: the format has no place for it. */
            text?: string | null;
        };
        /** @description One value of a facet. */
        FacetCount: {
            /** @description How many entities. */
            count: number;
            /** @description What people call it, where that is something else: an owner's title. */
            label?: string | null;
            /** @description What to filter by; empty: what has none (for `owner`, `unowned=true` filters by that). */
            value: string;
        };
        /** @description How many entities there are for each value of something, with every other filter applied. */
        FacetView: {
            /** @description The filter: `kind`, `type`, `owner`, `lifecycle`, `tier`, `health`, `tag` or `state` */
            name: string;
            /** @description Values, the most frequent first; may be cut. */
            values: components["schemas"]["FacetCount"][];
            /** @description How many values there are. */
            values_total: number;
        };
        /** @description How many tasks of a run a family has. */
        FamilyCount: {
            /** @description How many tasks. */
            count: number;
            /** @description The family. */
            family: string;
        };
        /** @description How far the tasks of a family are. */
        FamilyState: {
            /** @description Tries. */
            attempts: number;
            /** @description How many of its tasks have each status. */
            counts: components["schemas"]["TaskCounts"];
            /**
             * Format: int64
             * @description When the last try ended; not given while one goes on.
             */
            ended_ms?: number | null;
            /** @description The family. */
            family: string;
            /**
             * Format: int64
             * @description When the first try began, in milliseconds since the run did.
             */
            started_ms?: number | null;
            /** @description The status that most needs a look. */
            status: string;
        };
        /** @description Where a field of a manifest is written, and since when it has its value. */
        FieldSource: {
            /**
             * @description The field, by its path in the document.
             * @example spec.owner
             */
            field: string;
            /** @description Where. */
            place: components["schemas"]["Place"];
            /** @description When it got the value that it has. */
            since: string;
        };
        /** @description One thing that is wrong with a manifest. */
        FileProblem: {
            /**
             * @description Stable code.
             * @example B0114
             */
            code: string;
            /**
             * Format: int32
             * @description The column, from 1, in characters.
             */
            column?: number | null;
            /** @description What to write instead; may be empty. */
            hint?: string;
            /**
             * Format: int32
             * @description The line, from 1; not given where the file as a whole is concerned.
             */
            line?: number | null;
            /** @description What is wrong. */
            message: string;
            /** @description The file. */
            path: string;
        };
        /** @description How many things of a kind were found. */
        FoundCount: {
            /** @description As in the hits. */
            kind: string;
            /** @description How many there are in all. */
            total: number;
        };
        /** @description A family of tasks in a graph. */
        GraphFamily: {
            /** @description The component that it belongs to. */
            component: string;
            /** @description Whether that is another component than the run's. */
            foreign?: boolean;
            /** @description Its name. */
            name: string;
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description How many of its tasks the graph has. */
            tasks: number;
        };
        /** @description Size and root of the ledger. */
        Head: {
            published?: components["schemas"]["PublishedHead"] | null;
            /** @description Cosignatures that a checkpoint should have before it is served; 0: there are no witnesses. */
            quorum?: number;
            /** @description Root of the Merkle tree over them, in base64. */
            root: string;
            /**
             * Format: int64
             * @description Number of entries.
             */
            size: number;
            /** @description Who cosigns, and how that goes. */
            witnesses?: components["schemas"]["WitnessView"][];
        };
        /** @description Why an entity is not healthy. */
        HealthReasonView: {
            /** @description How it ended. */
            outcome: string;
            /** @description The pipeline: the family of its root task. */
            pipeline: string;
            /** @enum {string} */
            reason: "pipeline_fails";
            /**
             * Format: int64
             * @description That run.
             */
            run: number;
            /** @description When the first of the unbroken row of runs that did not succeed ended. */
            since?: string | null;
        } | {
            /**
             * Format: int32
             * @description How many steps away.
             */
            distance: number;
            owner?: components["schemas"]["OwnerName"] | null;
            /** @enum {string} */
            reason: "needs_failing";
            /** @description What. */
            ref: string;
            /** @description Since when it fails. */
            since: string;
        };
        /**
         * @description When a worker was last heard of. That it is silent does not say that it is gone: the server gives it up only after
         *     `worker_disconnect_delay`.
         */
        Heard: {
            /**
             * Format: int64
             * @description Milliseconds of silence after which the server gives it up when it next looks, which is about once a minute; not given:
             *     never.
             */
            given_up_after_ms?: number | null;
            /**
             * Format: int64
             * @description Milliseconds between its pings, as far as it has shown them; before that a second, which is Luigi's default.
             */
            ping_ms: number;
            /**
             * Format: int64
             * @description Milliseconds between its last sign of life and this answer, by the server's clock.
             */
            silent_ms: number;
        };
        /** @description A token that was made: the only time that its secret is told. */
        IssuedToken: {
            /** @description Until when it is good. */
            expires: string;
            /** @description The secret: `Authorization: Bearer`, or the password of HTTP Basic. */
            secret: string;
            /**
             * Format: int32
             * @description Its number.
             */
            token: number;
        };
        /** @description Something that a format has no place for. */
        LostField: {
            /** @description Where it stood. */
            field: string;
            /** @description Why it did not come along. */
            why: string;
        };
        /** @description A try whose worker fell silent, so that nobody can say what became of it. */
        LostTry: {
            /** @description When it was given up. */
            at: string;
            /** @description What the worker said of itself. */
            who: components["schemas"]["Who"];
        };
        /** @description The manifest that declares an entity, as its author wrote it. */
        ManifestSource: {
            /** @description Whether the file is larger than an answer may be: then the text begins with the entity, and may end early. */
            cut: boolean;
            /**
             * Format: int32
             * @description The line of the file that the text begins with: 1, unless it is cut.
             */
            first_line: number;
            /** @description Its format. */
            format: string;
            /** @description SHA-256 of its text. */
            hash: string;
            /**
             * Format: int32
             * @description The line of the file at which the entity begins.
             */
            line: number;
            /**
             * Format: int32
             * @description The last line of the entity.
             */
            line_end: number;
            /** @description The file, as whoever applied it called it. */
            path: string;
            /** @description When this text was read first. */
            read?: string | null;
            /** @description The text. */
            text: string;
        };
        /** @description A manifest's text. */
        ManifestText: {
            /**
             * @description How it is named: relative to the tree that is applied, `/` between directories.
             * @example payments/payments-api/compass.yml
             */
            path: string;
            /** @description The file's content. */
            text: string;
        };
        /** @description Whoever sends the request. */
        Me: {
            /** @description How it is known: `session:4`, `token:2`, `run-token:1`, `workload:ci`, `unverified`. */
            credential: string;
            /** @description Groups of the catalog that they are in. */
            groups: string[];
            /** @description `user`, `service`, `agent`, `run`, `local` or `anonymous`. */
            kind: string;
            /** @description What people call them. */
            name?: string | null;
            /** @description As entries name them: `principal:7`, `run:12`, `local`, `anonymous`. */
            principal: string;
            /** @description Where one can sign in. */
            providers: components["schemas"]["Provider"][];
            /** @description Whether it was verified who they are. */
            verified: boolean;
        };
        /** @description What a task answered. */
        MessageAnswer: {
            /**
             * @description Whether there is an answer. There is none before the task gives one, and none any more after Luigi's own call has
             *     read it.
             */
            answered: boolean;
            /** @description The answer, as the task gave it. */
            response?: unknown;
        };
        /** @description A message that waits for the task's worker. */
        MessageSent: {
            /** @description Its id: the answer is asked for by it. */
            message: string;
            /** @description The worker that runs the task. */
            worker: string;
        };
        /** @description Something for a task that runs. */
        MessageText: {
            /** @description What to say; its code says what it understands. */
            content: string;
        };
        /** @description A text that stands beside the ledger because it may name a person. */
        NameText: {
            /**
             * Format: int32
             * @description Its number in entries.
             */
            name: number;
            /** @description What makes its hash in `names.given` of no use to who guesses, in hex: SHA-256 of salt and text is that hash. */
            salt: string;
            /** @description It. */
            text: string;
        };
        /** @description A service to be known. */
        NewService: {
            /** @description What to call it; the same name is the same service. */
            name: string;
            /** @description The group that answers for it. */
            owner: string;
        };
        /** @description A token to be made. */
        NewToken: {
            /** @description What it may be used for: names of actions; left out: whatever its holder may do. */
            actions?: string[];
            /**
             * Format: int32
             * @description For how many days it is good; left out: 90.
             */
            days?: number | null;
            /** @description What to call it. */
            label: string;
        };
        /** @description Something that can be done about a cause. */
        NextStep: {
            /** @description As a command, where one does it. */
            command?: string | null;
            /** @description In words. */
            text: string;
        };
        /** @description A box on the picture. */
        NodePlace: {
            /**
             * Format: int32
             * @description Its height.
             */
            h: number;
            /**
             * Format: int32
             * @description Its layer, from the left, within the part of the graph that hangs together with it.
             */
            layer: number;
            /**
             * Format: int32
             * @description Its width.
             */
            w: number;
            /**
             * Format: int32
             * @description Its left side.
             */
            x: number;
            /**
             * Format: int32
             * @description Its upper side.
             */
            y: number;
        };
        /** @description A dependency that is not done. */
        OpenDependency: {
            /** @description Its id. */
            id: string;
            /** @description Its status. */
            status: string;
        };
        /** @description Who answers for an entity, and how that is known. */
        OwnerAnswer: {
            /** @description The steps to the answer, the entity itself first. */
            chain: components["schemas"]["OwnerStep"][];
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description The entity. */
            ref: string;
        };
        /** @description How many entities an owner answers for. */
        OwnerCount: {
            /** @description How many. */
            count: number;
            owner?: components["schemas"]["OwnerName"] | null;
        };
        /** @description An owner and what it answers for. */
        OwnerDetail: {
            /** @description Entities, in order of ref. */
            items: components["schemas"]["EntitySummary"][];
            /** @description Members of the group, as the catalog has them. */
            members?: string[];
            /** @description The `offset` of the next page; not given on the last one. */
            next_offset?: number | null;
            /** @description Who. */
            owner: components["schemas"]["OwnerName"];
            /** @description How many there are in all pages. */
            total: number;
        };
        /** @description Every owner. */
        OwnerList: {
            /** @description Owners, by name; what is unowned comes last. May be cut. */
            items: components["schemas"]["OwnerSummary"][];
            /** @description How many there are. */
            total: number;
        };
        /** @description Who answers for something. */
        OwnerName: {
            /** @description What people call it: its title, its name, or what Luigi says. */
            name: string;
            /** @description The group or user in the catalog; not given when only Luigi knows the owner, by `owner_email`. */
            ref?: string | null;
        };
        /** @description One step on the way to an owner. */
        OwnerStep: {
            /** @description The pipeline of which Luigi says so. */
            pipeline?: string | null;
            place?: components["schemas"]["Place"] | null;
            /** @description `declared`, `luigi`, `part_of`, `produced_by` or `unowned` */
            reason: string;
            /** @description The entity that was looked at. */
            ref: string;
            /** @description The owner as written in the manifest. */
            written?: string | null;
        };
        /** @description An owner in a list. */
        OwnerSummary: {
            /** @description How many need something that fails. */
            at_risk: number;
            /** @description How many entities. */
            entities: number;
            /** @description How many of them have failing pipelines. */
            failing: number;
            owner?: components["schemas"]["OwnerName"] | null;
        };
        /** @description A link to a page about the entity. */
        PageLink: {
            /** @description What it is called. */
            title?: string | null;
            /** @description What kind of page. */
            type?: string | null;
            /** @description Where it is. */
            url: string;
        };
        /** @description A parameter of a task. */
        Parameter: {
            /** @description Its name. */
            name: string;
            /** @description Its value, as the client sent it. */
            value: unknown;
        };
        /** @description A parameter of the root task in two runs. */
        ParameterDifference: {
            /** @description Its value in the first; not given: it has no such parameter. */
            first?: unknown;
            /** @description Its name. */
            name: string;
            /** @description Its value in the second. */
            second?: unknown;
        };
        /** @description Whether work is handed out. */
        Paused: {
            /** @description No work is handed out. */
            paused: boolean;
        };
        /** @description How a pipeline has fared lately. */
        PipelineHealth: {
            /** @description When it ended. */
            ended: string;
            /** @description When the first of the unbroken row of runs that did not succeed ended; not given: the last one succeeded. */
            failing_since?: string | null;
            /** @description How it ended. */
            outcome: string;
            /**
             * Format: int64
             * @description The run that ended last.
             */
            run: number;
        };
        /** @description A page of pipelines. */
        PipelinePage: {
            /** @description Pipelines, in the order that was asked for. */
            items: components["schemas"]["PipelineSummary"][];
            /** @description The `offset` of the next page; not given on the last one. */
            next_offset?: number | null;
            /** @description How many there are in all pages. */
            total: number;
        };
        /** @description A pipeline as its runs have shown it. */
        PipelineShown: {
            /** @description Datasets that it makes. */
            datasets: string[];
            /** @description Root families of pipelines that it needs. */
            dependencies: string[];
            /** @description When something new was seen last. */
            extended: string;
            /** @description Families of its tasks. */
            families: string[];
            health?: components["schemas"]["PipelineHealth"] | null;
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description The family of its root task. */
            root: string;
            /** @description When it was seen first. */
            since: string;
        };
        /** @description A pipeline and how it fares. */
        PipelineSummary: {
            /** @description The component that it belongs to. */
            component: string;
            /**
             * Format: double
             * @description The median of their times, in seconds; not given: none has ended.
             */
            duration_p50_s?: number | null;
            /** @description When the first of the unbroken row of runs that did not succeed ended; not given: the last one succeeded. */
            failing_since?: string | null;
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description The family of its root task. */
            pipeline: string;
            /** @description How many of them go on. */
            running: number;
            /** @description Its last runs, at most 30, oldest first. */
            runs: components["schemas"]["RecentRunView"][];
            /**
             * Format: double
             * @description The part of those that ended which succeeded, 0 to 1; not given: none has ended.
             */
            success_rate?: number | null;
        };
        /** @description A place in a manifest. */
        Place: {
            /**
             * Format: int32
             * @description The column, from 1.
             */
            column: number;
            /**
             * Format: int32
             * @description The line, from 1.
             */
            line: number;
            /** @description The file. */
            path: string;
        };
        /** @description Some of those who are known. */
        PrincipalList: {
            /** @description In the order in which they came. */
            items: components["schemas"]["PrincipalView"][];
            /** @description How many there are. */
            total: number;
        };
        /** @description Somebody who is known. */
        PrincipalView: {
            /** @description False: may do nothing any more. */
            active: boolean;
            /** @description Groups of the catalog that they are in. */
            groups: string[];
            /** @description `user`, `service` or `agent`. */
            kind: string;
            /** @description What people call them. */
            name?: string | null;
            /**
             * Format: int32
             * @description Their number.
             */
            number: number;
            /** @description The group that answers for a service or an agent. */
            owner?: string | null;
            /** @description As entries name them. */
            principal: string;
            /** @description How many sessions they have. */
            sessions: number;
            /** @description Since when they are known. */
            since: string;
            /** @description How many tokens act for them. */
            tokens: number;
        };
        /** @description How many of each. */
        ProblemCounts: {
            /** @description Circles. */
            cycles: number;
            /** @description References to what is not there. */
            dangling: number;
            /** @description Problems of manifests. */
            manifests: number;
            /** @description Entities that nobody answers for. */
            unowned: number;
        };
        /** @description How many tasks a worker is to run at once. */
        Processes: {
            /**
             * Format: int32
             * @description 1 to 1,024.
             */
            processes: number;
        };
        /** @description Where one can sign in. */
        Provider: {
            /** @description As the configuration names it. */
            name: string;
            /** @description As people know it. */
            title: string;
            /** @description Where a browser begins. */
            url: string;
        };
        /** @description How far the ledger is published. */
        PublishedHead: {
            /**
             * Format: int64
             * @description Of the newest that has its quorum of cosignatures.
             */
            cosigned_size?: number | null;
            /**
             * Format: int64
             * @description Number of entries of the newest signed checkpoint.
             */
            size: number;
        };
        /** @description What a walk through the catalog reached. */
        Reach: {
            /** @description What was reached, nearest first. */
            items: components["schemas"]["ReachedEntity"][];
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description How many of them each owner answers for; `unowned` is counted under the empty name. */
            owners: components["schemas"]["OwnerCount"][];
            /** @description Where the walk started. */
            ref: string;
            /** @description How many were reached; `items` may be cut. */
            total: number;
        };
        /** @description An entity that a walk through the catalog reached. */
        ReachedEntity: {
            /**
             * Format: int32
             * @description Steps from the start, at least one.
             */
            distance: number;
            /** @description Whether it is there, rather than only spoken of. */
            exists: boolean;
            /** @description Since when its pipelines have been failing. */
            failing_since?: string | null;
            /** @description The entity before it. */
            from: string;
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description The entity. */
            ref: string;
            /** @description How it relates to the entity before it: `dependsOn` reads "this depends on `from`". */
            via: string;
        };
        /** @description A run of a pipeline, at a glance. */
        RecentRunView: {
            /**
             * Format: double
             * @description How many seconds it took; not given while it goes on.
             */
            duration_s?: number | null;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description `running`, `succeeded`, `failed`, `incomplete` or `lost` */
            outcome: string;
            /** @description When it started. */
            started: string;
        };
        /** @description A relation, read from the entity to the other end. */
        RelationTo: {
            /** @description Whether the other end is there, rather than only spoken of. */
            exists: boolean;
            /** @description The other end. */
            ref: string;
            /** @description `dependsOn`, `ownedBy`, … */
            relation: string;
        };
        /** @description Resources. */
        ResourceList: {
            /** @description In order of name; may be cut. */
            items: components["schemas"]["ResourceView"][];
            /** @description How many there are. */
            total: number;
        };
        /** @description How much of a resource there is. */
        ResourceTotal: {
            /**
             * Format: double
             * @description Units in all; 0 or more.
             */
            total: number;
        };
        /** @description A resource. */
        ResourceView: {
            /**
             * Format: int32
             * @description How many running tasks hold some.
             */
            holders?: number;
            /** @description Its name. */
            name: string;
            /** @description Units in all; the text `Infinity` where there is no end. */
            total: unknown;
            /** @description Units that running tasks hold. */
            used: unknown;
        };
        /** @description A task that is tried again. */
        RetriedTask: {
            /** @description Its id. */
            id: string;
            /** @description What it was: `FAILED` or `DISABLED`. It is PENDING now. */
            was: string;
        };
        /** @description What is new in a run: a follower brings what it knows up to date by this, and reads the whole only once. */
        RunChanges: {
            /** @description The chain of tasks that decided how and when the run ended, first to last; may be cut at its beginning. */
            critical: components["schemas"]["ChainTask"][];
            /** @description Whether more tasks changed than are told: who follows has to read the whole. */
            cut: boolean;
            /** @description The families of these tasks. */
            families: components["schemas"]["FamilyState"][];
            /**
             * @description The `since` of the next question. It lies a little back, so that nothing is missed that was on its way: some of what
             *     is told is told again.
             */
            next_since: string;
            /** @description The run as it is now. */
            run: components["schemas"]["RunDetail"];
            /** @description Names its tasks and what they require: as long as it is the same, no task was added or declared and no requirement changed. */
            structure: string;
            /** @description Tasks that changed, and those that run and say how far they are; without `since` none of them. */
            tasks: components["schemas"]["RunTaskView"][];
        };
        /** @description How two runs differ. */
        RunComparison: {
            /** @description Tasks that only the second has; may be cut. */
            added: string[];
            /** @description How many there are. */
            added_total: number;
            /**
             * @description Tasks of both whose status or time differs: what ended otherwise first, then what became slower by the most; may be
             *     cut.
             */
            changed: components["schemas"]["TaskDifference"][];
            /** @description How many there are. */
            changed_total: number;
            /** @description The first run. */
            first: components["schemas"]["RunSummary"];
            /**
             * @description How many tasks both have. Tasks whose ids differ count as the same when only the parameters differ in which the root
             *     tasks differ: the same load of another day.
             */
            matched: number;
            /** @description Parameters of the root task whose values differ. */
            parameters: components["schemas"]["ParameterDifference"][];
            /** @description Tasks that only the first has; may be cut. */
            removed: string[];
            /** @description How many there are. */
            removed_total: number;
            /** @description The second. */
            second: components["schemas"]["RunSummary"];
        };
        /** @description Everything about a run but its tasks. */
        RunDetail: components["schemas"]["RunSummary"] & {
            /** @description How many tries there were. */
            attempts: number;
            /** @description When it was cancelled; not given: it was not. */
            cancelled?: string | null;
            /** @description How many of them failed. */
            failures: number;
            /** @description The parameters of its root task. */
            parameters: components["schemas"]["Parameter"][];
            /**
             * @description How many of its tasks a retry of the run would have tried again: those that are failed or disabled as the scheduler knows
             *     them now.
             */
            retriable?: number;
            /** @description How many of its tasks have each status. */
            tasks: components["schemas"]["TaskCounts"];
        };
        /** @description A page of runs. */
        RunPage: {
            /** @description Runs, in the order that was asked for. */
            items: components["schemas"]["RunSummary"][];
            /**
             * Format: int64
             * @description The `before` of the next page, when the latest come first; not given on the last one.
             */
            next_before?: number | null;
            /** @description The `offset` of the next page, in any other order; not given on the last one. */
            next_offset?: number | null;
            /** @description How many there are in all pages; 100,000 stands for that many or more. */
            total: number;
        };
        /** @description What a retry of a run did. */
        RunRetry: {
            /** @description Tasks that are tried again; may be cut. */
            items: components["schemas"]["RetriedTask"][];
            /** @description Tasks that their own code switched off, which nobody else can switch on; may be cut. */
            left: string[];
            /** @description How many these are. */
            left_total: number;
            /**
             * Format: int64
             * @description The run.
             */
            run: number;
            /** @description How many there are. */
            total: number;
        };
        /** @description A run. */
        RunSummary: {
            /** @description Whether it goes on only with what it had begun: its worker is given no more work. */
            cancelling?: boolean;
            /** @description The component that the pipeline belongs to. */
            component: string;
            /** @description When it ended; not given while it runs. */
            ended?: string | null;
            heard?: components["schemas"]["Heard"] | null;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description `running`, `succeeded`, `failed`, `incomplete` (something that nobody makes is missing) or `lost` */
            outcome: string;
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description The family of its root task, which names the pipeline. */
            pipeline: string;
            /** @description The root task. */
            root: string;
            /** @description When it started. */
            started: string;
            /** @description Who runs it. */
            who: components["schemas"]["Who"];
            /** @description Whether its worker is still here; a run can have ended all the same. */
            worker_here: boolean;
        };
        /** @description A page of a run's tasks. */
        RunTaskPage: {
            /** @description How many each family has, with every filter but that of the family applied, the largest first; may be cut. */
            families: components["schemas"]["FamilyCount"][];
            /** @description How many families there are. */
            families_total: number;
            /** @description Tasks, in the order that was asked for. */
            items: components["schemas"]["RunTaskView"][];
            /** @description The `offset` of the next page; not given on the last one. */
            next_offset?: number | null;
            /** @description The root task. */
            root: string;
            /**
             * Format: int64
             * @description The run.
             */
            run: number;
            /** @description How many tasks have each status, with every filter but that of the status applied. */
            statuses: components["schemas"]["TaskCounts"];
            /** @description How many there are in all pages. */
            total: number;
        };
        /** @description A task of a run. */
        RunTaskView: {
            /** @description Tries, oldest first. */
            attempts: components["schemas"]["TaskAttempt"][];
            /** @description What it requires. */
            deps: string[];
            /** @description Its family. */
            family: string;
            /** @description Its id. */
            id: string;
            /** @description Its parameters. */
            parameters: components["schemas"]["Parameter"][];
            /**
             * Format: double
             * @description How far it is, in percent, while it runs and says so.
             */
            progress?: number | null;
            /** @description Whether a worker can run it, or it is only waited for. */
            runnable: boolean;
            /** @description When the status last changed. */
            since: string;
            /** @description Luigi's status: `PENDING`, `RUNNING`, `DONE`, … */
            status: string;
        };
        /** @description The worker that runs a task. */
        Runner: {
            /** @description When it was last heard of. */
            heard: components["schemas"]["Heard"];
            /** @description What it says of itself. */
            who: components["schemas"]["Who"];
        };
        /** @description Which manifests that are not handed in are gone, rather than only not looked at. */
        Scope: {
            /** @enum {string} */
            kind: "files";
        } | {
            /** @enum {string} */
            kind: "everything";
        } | {
            /** @enum {string} */
            kind: "under";
            /** @description Those at or below these paths. */
            paths: string[];
        };
        /** @description A thing that was found. */
        SearchHit: {
            /** @description How well its name fits: `exact`, `prefix`, `word_start` or `part` */
            fit: string;
            /**
             * @description What the API calls it: a ref, an owner's name, a root family, the number of a run, a task id.
             * @example component:default/payments-api
             */
            id: string;
            /** @description `component`, `team`, `entity` (any other), `pipeline`, `run` or `task` */
            kind: string;
            /** @description The type of an entity; the family of a task; the pipeline of a run. */
            of?: string | null;
            owner?: components["schemas"]["OwnerName"] | null;
            /**
             * Format: int64
             * @description The run of a task, and of a pipeline its latest.
             */
            run?: number | null;
            /** @description When a run started. */
            started?: string | null;
            /** @description The health of an entity, the outcome of a run, the status of a task; of a pipeline `failing` or `succeeding`. */
            status?: string | null;
            /** @description What people call it. */
            title: string;
        };
        /** @description What a search found. */
        SearchResult: {
            /** @description The best, best first. */
            items: components["schemas"]["SearchHit"][];
            /** @description How many there are of each kind that was found. */
            totals: components["schemas"]["FoundCount"][];
        };
        /** @description Sessions. */
        SessionList: {
            /** @description Latest first. */
            items: components["schemas"]["SessionView"][];
        };
        /** @description A session. */
        SessionView: {
            /** @description How its holder proved who they are (`amr`, RFC 8176). */
            amr: string[];
            /** @description Whether this request is part of it. */
            current: boolean;
            /** @description Until when. */
            expires: string;
            /** @description Whose, by name. */
            name?: string | null;
            /** @description Whose, as entries name them. */
            principal: string;
            /**
             * Format: int32
             * @description Its number.
             */
            session: number;
            /** @description From when. */
            started: string;
            /** @description What it is for: `web` or `cli`. */
            uses: string;
        };
        /** @description The server as a whole. */
        Status: {
            /** @description The catalog. */
            catalog: components["schemas"]["CatalogCounts"];
            /** @description The ledger. */
            ledger: components["schemas"]["Head"];
            /** @description Whether no work is handed out. */
            paused: boolean;
            /** @description Runs under way. */
            runs_live: number;
            /** @description When the server started. */
            started: string;
            /** @description Tasks that the scheduler knows, by status. */
            tasks: components["schemas"]["TaskCounts"];
            /**
             * Format: int64
             * @description For how long it has been up.
             */
            uptime_s: number;
            /** @description Of the program. */
            version: string;
            /** @description Workers that are here. */
            workers: number;
        };
        /** @description A dependency of a component that may have to do with its failure. */
        SuspectEntity: components["schemas"]["ReachedEntity"] & {
            /** @description When its declaration changed, where that was shortly before the failure. */
            changed_at?: string | null;
        };
        /** @description One try of a task. */
        TaskAttempt: {
            /** @description When it ended; not given while it runs. */
            ended?: string | null;
            error?: components["schemas"]["ErrorText"] | null;
            /** @description `running`, `done`, `failed`, `disabled`, `lost`, `yielded` or `already_complete` */
            outcome: string;
            /**
             * Format: int64
             * @description In which run.
             */
            run?: number | null;
            /** @description When it was handed out; not given for a task found complete. */
            started?: string | null;
            /** @description The client's own id of the worker; not given for a task found complete. */
            worker?: string | null;
        };
        /** @description How many tasks have each status. */
        TaskCounts: {
            /** @description Will not be tried. */
            disabled: number;
            /** @description Are complete. */
            done: number;
            /** @description Failed, and may be tried again. */
            failed: number;
            /** @description Wait. */
            pending: number;
            /** @description Are being worked on, in batches or alone. */
            running: number;
            /** @description Nobody has declared them. */
            unknown: number;
        };
        /** @description A task: what it is, what the scheduler knows now, what was tried. */
        TaskDetail: {
            /** @description Tries in any run, latest first. */
            attempts: components["schemas"]["TaskAttempt"][];
            /** @description The component that it belongs to. */
            component: string;
            error?: components["schemas"]["ErrorText"] | null;
            /** @description Its family. */
            family: string;
            /** @description Its id. */
            id: string;
            /** @description Its Python module. */
            module?: string | null;
            now?: components["schemas"]["TaskNow"] | null;
            owner?: components["schemas"]["OwnerName"] | null;
            /** @description Its parameters, as far as everybody may see them. */
            parameters: components["schemas"]["Parameter"][];
            /**
             * Format: int64
             * @description The run that declared it last.
             */
            run?: number | null;
        };
        /** @description A task in two runs. */
        TaskDifference: {
            /** @description Its family. */
            family: string;
            /** @description What it was in the first. */
            first: components["schemas"]["TaskThenView"];
            /** @description What it was in the second. */
            second: components["schemas"]["TaskThenView"];
            /**
             * Format: double
             * @description By how many seconds the second took longer.
             */
            slower_s: number;
        };
        /** @description A graph of tasks. */
        TaskGraph: components["schemas"]["Drawing"] & {
            /** @description Positions in `edges` of those between tasks that decided, one after the other, when the run ended. */
            critical?: number[];
            /** @description Whether there are more, which are not told. */
            cut?: boolean;
            /** @description Families, by name. */
            families: components["schemas"]["GraphFamily"][];
            /** @description Families of several tasks first, then tasks. */
            nodes: components["schemas"]["TaskNode"][];
            /** @description What moments count from. */
            origin?: string | null;
            /** @description The root task of the run, or the task that was asked about. */
            root: string;
            /**
             * Format: int64
             * @description The run; not given: tasks as the scheduler knows them.
             */
            run?: number | null;
            /** @description How many tasks there are. */
            tasks: number;
        };
        /** @description A task, or all tasks of a family. */
        TaskNode: components["schemas"]["NodePlace"] & {
            /** @description Tries; not given: none. */
            attempts?: number;
            counts?: components["schemas"]["TaskCounts"] | null;
            /** @description Whether it is on the chain of tasks that decided how and when the run ended. */
            critical?: boolean;
            /**
             * @description What tells the task from others of its family: its parameters, perhaps cut; where they are not known,
             *     what the id says of them.
             */
            detail?: string | null;
            /**
             * Format: int64
             * @description When the last try ended, in milliseconds since `origin`; not given while one goes on.
             */
            ended_ms?: number | null;
            /**
             * Format: int32
             * @description The position of its family in `families`.
             */
            family: number;
            /** @description The task's id; not given: it is a family. */
            id?: string | null;
            /**
             * Format: double
             * @description How far a task that runs is, in percent, if it says so.
             */
            progress?: number | null;
            /**
             * Format: int64
             * @description When the first try began, in milliseconds since `origin`.
             */
            started_ms?: number | null;
            /** @description Luigi's status: `PENDING`, `RUNNING`, `DONE`, …; of a family, that of its tasks which most needs a look. */
            status: string;
        };
        /** @description What the scheduler knows about a task now. */
        TaskNow: {
            /** @description Whether it takes messages. */
            accepts_messages: boolean;
            /** @description When it was first heard of. */
            created: string;
            /** @description What it requires; some of it. */
            deps: components["schemas"]["OpenDependency"][];
            /** @description How many it requires. */
            deps_total: number;
            /** @description Number of failures that count. */
            failures: number;
            /**
             * Format: double
             * @description Highest priority that anything downstream gave it.
             */
            priority: number;
            /** @description How far it is. */
            progress?: unknown;
            /** @description What running it takes. */
            resources: {
                [key: string]: unknown;
            };
            /** @description When the status last changed. */
            since: string;
            /** @description Luigi's status. */
            status: string;
            /** @description What it last said. */
            status_message?: unknown;
            /** @description Where to watch it. */
            tracking_url?: string | null;
            /** @description Why it is not handed out. */
            waits: components["schemas"]["WaitReason"][];
            /** @description Workers that can run it. */
            workers: string[];
        };
        /** @description The status of a task after an act on it. */
        TaskStatus: {
            /** @description Its id. */
            id: string;
            /** @description Its status now. */
            status: string;
            /** @description What it waits for now. */
            waits?: components["schemas"]["WaitReason"][];
        };
        /** @description What a task was in one run. */
        TaskThenView: {
            /** @description How many tries there were. */
            attempts: number;
            /**
             * Format: double
             * @description For how many seconds it was worked on, all tries together; not given: it was not, or still is.
             */
            duration_s?: number | null;
            /** @description Its id. */
            id: string;
            /** @description Luigi's status. */
            status: string;
        };
        /** @description A page of teams. */
        TeamPage: {
            /** @description Teams, in the order that was asked for. */
            items: components["schemas"]["TeamSummary"][];
            /** @description The `offset` of the next page; not given on the last one. */
            next_offset?: number | null;
            /** @description How many there are in all pages. */
            total: number;
        };
        /** @description A team in a list. */
        TeamSummary: {
            /** @description How many need something that fails. */
            at_risk: number;
            /** @description What it is for. */
            description?: string | null;
            /** @description Whether a manifest declares it; else others only speak of it. */
            exists: boolean;
            /** @description How many of them have failing pipelines. */
            failing: number;
            /** @description Members, as the catalog has them. */
            members: number;
            /** @description What people call it. */
            name: string;
            /** @description Entities that it answers for. */
            owned: number;
            /**
             * @description `group:namespace/name`
             * @example group:default/payments
             */
            ref: string;
            /** @description Groups within it. */
            subgroups: number;
        };
        /** @description Who tried what when, in a run. */
        Timeline: {
            /** @description Tries, by their beginning. */
            bars: components["schemas"]["TimelineBar"][];
            /**
             * Format: int64
             * @description When it ended, in milliseconds since `origin`; not given while it goes on.
             */
            ended_ms?: number | null;
            /** @description Families, by name. */
            families: string[];
            /** @description When it started: what moments count from. */
            origin: string;
            /**
             * Format: int64
             * @description The run.
             */
            run: number;
            /** @description How many there are; the earliest are told. */
            total: number;
            /** @description The clients' own ids of workers. */
            workers: string[];
        };
        /** @description One try of a task on the time line of a run. */
        TimelineBar: {
            /** @description Whether the task is on the chain that decided when the run ended. */
            critical?: boolean;
            /**
             * Format: int64
             * @description When it ended; not given while it goes on.
             */
            ended_ms?: number | null;
            /**
             * Format: int32
             * @description The position of its family in `families`.
             */
            family: number;
            /** @description `running`, `done`, `failed`, `disabled`, `lost` or `yielded` */
            outcome: string;
            /**
             * Format: int64
             * @description When it was handed out, in milliseconds since `origin`.
             */
            started_ms: number;
            /** @description The task's id. */
            task: string;
            /**
             * Format: int32
             * @description The position of its worker in `workers`.
             */
            worker?: number | null;
        };
        /** @description Tokens. */
        TokenList: {
            /** @description Latest first. */
            items: components["schemas"]["TokenView"][];
        };
        /** @description A personal access token, without its secret. */
        TokenView: {
            /** @description What it may be used for; empty: whatever its holder may do. */
            actions: string[];
            /** @description Whether this request came with it. */
            current: boolean;
            /** @description Until when. */
            expires: string;
            /** @description Since when. */
            issued: string;
            /** @description What its maker calls it. */
            label: string;
            /** @description Who acts with it, by name. */
            name?: string | null;
            /** @description Who acts with it, as entries name them. */
            principal: string;
            /**
             * Format: int32
             * @description Its number.
             */
            token: number;
        };
        /** @description An owner that is named, and that no manifest declares. */
        UnknownOwnerView: {
            /**
             * Format: int32
             * @description The line at which the entity's document starts.
             */
            line: number;
            /** @description Whom the manifest names. */
            owner: string;
            /** @description The manifest. */
            path: string;
            /** @description Whose owner it is. */
            ref: string;
        };
        /** @description One reason why a task is not running. */
        WaitReason: {
            /** @enum {string} */
            reason: "undeclared";
        } | {
            /** @enum {string} */
            reason: "unplanned";
        } | {
            /** @enum {string} */
            reason: "running";
            /** @description Since when. */
            since?: string | null;
            /** @description Where. */
            worker?: string | null;
        } | {
            /** @enum {string} */
            reason: "done";
        } | {
            /** @enum {string} */
            reason: "failed";
            /** @description When it may be tried again; not given: never by itself. */
            retry_at?: string | null;
            /** @description Whether a worker is here that could try it. It may leave at any time, and says nothing when it does. */
            worker_here?: boolean;
        } | {
            /** @description Whether the scheduler did it, after too many failures; else its worker did. */
            by_scheduler: boolean;
            /** @enum {string} */
            reason: "disabled";
            /** @description Since when. */
            since: string;
        } | {
            /** @description How many there are. */
            count: number;
            /** @description Some of them, failed ones first. */
            open: components["schemas"]["OpenDependency"][];
            /** @enum {string} */
            reason: "dependencies";
        } | {
            /** @enum {string} */
            reason: "no_worker";
        } | {
            /** @enum {string} */
            reason: "not_runnable";
        } | {
            /** @description Some tasks that hold some. */
            holders: string[];
            /** @description Its name. */
            name: string;
            /** @enum {string} */
            reason: "resource";
            /** @description What there is. */
            total: unknown;
            /** @description What running tasks hold. */
            used: unknown;
            /** @description What the task wants. */
            wants: unknown;
        } | {
            /** @enum {string} */
            reason: "paused";
        } | {
            /** @enum {string} */
            reason: "ready";
            /** @description Workers that can run it. */
            workers: string[];
        };
        /** @description Who runs: what a Luigi worker says of itself. */
        Who: {
            /** @description The machine. */
            host?: string | null;
            /**
             * Format: int64
             * @description The process.
             */
            pid?: number | null;
            /** @description The account. */
            user?: string | null;
            /** @description The client's own worker id. */
            worker?: string | null;
        };
        /**
         * @description How it is with a witness.
         * @enum {string}
         */
        WitnessStanding: "new" | "cosigned" | "unreachable" | "unknown" | "refused";
        /** @description A witness. */
        WitnessView: {
            /** @description When, by its own clock. */
            at?: string | null;
            /** @description What it, or the network, said. */
            message?: string | null;
            /** @description Its name. */
            name: string;
            /** @description Since when. */
            since: string;
            /**
             * Format: int64
             * @description Number of entries of the checkpoint that it cosigned last.
             */
            size?: number | null;
            /** @description How it is with it. */
            standing: components["schemas"]["WitnessStanding"];
            /** @description Where it is asked. */
            url: string;
        };
        /** @description Workers that are here. */
        WorkerList: {
            /** @description Workers, in order of their arrival. */
            items: components["schemas"]["WorkerView"][];
            /** @description The `offset` of the next page; not given on the last one. */
            next_offset?: number | null;
            /** @description How many there are in all pages. */
            total: number;
        };
        /** @description A worker that is here. */
        WorkerView: components["schemas"]["Heard"] & {
            /** @description Whether it was told to phase out. */
            disabled: boolean;
            /** @description The first task that it was started for. */
            first_task?: string | null;
            /** @description Its last sign of life. */
            last_active: string;
            /** @description Messages that wait for its next call. */
            messages?: number;
            /**
             * Format: int64
             * @description Tasks that wait and that it can run.
             */
            pending: number;
            /**
             * Format: int64
             * @description Those of them that nobody else can run.
             */
            pending_unique?: number;
            /**
             * Format: int64
             * @description How many tasks it runs at once, as it said; a request for another number is a message until it asks for work.
             */
            processes?: number | null;
            /**
             * Format: int64
             * @description Its run.
             */
            run?: number | null;
            /** @description Tasks that it works on; may be cut. */
            running: string[];
            /** @description Its first call. */
            started: string;
            /** @description Who it is. */
            who: components["schemas"]["Who"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listPrincipals: {
        parameters: {
            query?: {
                /** @description Skip so many. */
                offset?: number;
                /** @description At most so many: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrincipalList"];
                };
            };
        };
    };
    makeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The principal's number */
                principal: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    makeService: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewService"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrincipalView"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's number */
                session: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ended"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The token's number */
                token: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ended"];
                };
            };
        };
    };
    applyManifests: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplyRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplyResult"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Manifests have problems; nothing was changed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    checkManifests: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplyRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckResult"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listEntities: {
        parameters: {
            query?: {
                /**
                 * @description Only these kinds.
                 * @example component
                 */
                kind?: string;
                /** @description Only these types: `service`, `pipeline`, … */
                type?: string;
                /** @description Only what these owners answer for: each a ref, a name alone, or an e-mail address that Luigi gave. */
                owner?: string;
                /** @description Also what the groups within these owners answer for. */
                subgroups?: boolean;
                /** @description Only these lifecycles. */
                lifecycle?: string;
                /** @description Only these tiers: `1` to `4`. */
                tier?: string;
                /** @description Only what fares like this: `failing`, `at_risk`, `healthy`, `unknown` */
                health?: string;
                /** @description Only what has one of these tags. */
                tag?: string;
                /** @description Only what has each word of this in its ref, title, description or tags. */
                text?: string;
                /** @description `declared` or `discovered` */
                state?: string;
                /** @description Only what nobody answers for. */
                unowned?: boolean;
                /**
                 * @description `ref` (if not given), `title`, `owner`, `type`, `tier`, `health` (worst first) or `changed` (longest ago first). What
                 *     is equal is in order of ref, what has no value comes last.
                 */
                sort?: string;
                /** @description `asc` (if not given) or `desc` */
                order?: string;
                /** @description Whether to count by facet. */
                facets?: boolean;
                /** @description Skip so many. */
                offset?: number;
                /** @description At most so many: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntityPage"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getEntity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `component`, `group`, …
                 * @example component
                 */
                kind: string;
                /**
                 * @description Mostly `default`.
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Its name.
                 * @example payments-api
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntityDetail"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getBlastRadius: {
        parameters: {
            query?: {
                /** @description So many steps; not given: all the way. */
                depth?: number;
            };
            header?: never;
            path: {
                /**
                 * @description `component`, `group`, …
                 * @example component
                 */
                kind: string;
                /**
                 * @description Mostly `default`.
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Its name.
                 * @example payments-api
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reach"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getDependencies: {
        parameters: {
            query?: {
                /** @description So many steps; not given: all the way. */
                depth?: number;
            };
            header?: never;
            path: {
                /**
                 * @description `component`, `group`, …
                 * @example component
                 */
                kind: string;
                /**
                 * @description Mostly `default`.
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Its name.
                 * @example payments-api
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reach"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getGraphAroundEntity: {
        parameters: {
            query?: {
                /** @description `up`: what it needs; `down`: what is affected when it fails; `both`, each for itself; not given: `both`. */
                direction?: string;
                /** @description So many steps; not given: all the way. */
                depth?: number;
            };
            header?: never;
            path: {
                /**
                 * @description `component`, `group`, …
                 * @example component
                 */
                kind: string;
                /**
                 * @description Mostly `default`.
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Its name.
                 * @example payments-api
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntityGraph"];
                };
            };
            /** @description It is as `If-None-Match` says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    drawGraphAroundEntity: {
        parameters: {
            query?: {
                /** @description `up`: what it needs; `down`: what is affected when it fails; `both`, each for itself; not given: `both`. */
                direction?: string;
                /** @description So many steps; not given: all the way. */
                depth?: number;
            };
            header?: never;
            path: {
                /**
                 * @description `component`, `group`, …
                 * @example component
                 */
                kind: string;
                /**
                 * @description Mostly `default`.
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Its name.
                 * @example payments-api
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/svg+xml": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getManifest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `component`, `group`, …
                 * @example component
                 */
                kind: string;
                /**
                 * @description Mostly `default`.
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Its name.
                 * @example payments-api
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ManifestSource"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getOwnerOfEntity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `component`, `group`, …
                 * @example component
                 */
                kind: string;
                /**
                 * @description Mostly `default`.
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Its name.
                 * @example payments-api
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnerAnswer"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    exportManifests: {
        parameters: {
            query: {
                /** @description `compass` or `backstage` */
                format: string;
                /** @description Only this entity. */
                ref?: string;
                /** @description Skip so many entities. */
                offset?: number;
                /** @description At most so many entities: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportPage"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description The format has no place for this entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listCatalogProblems: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CatalogProblems"];
                };
            };
        };
    };
    followEvents: {
        parameters: {
            query?: {
                /** @description From this entry on; not given: what comes from now on. The header `Last-Event-ID` goes before it. */
                from?: number;
            };
            header?: {
                /** @description The last event that was seen */
                "Last-Event-ID"?: number | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events; the data of each is `EventData` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Too many follow already */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    recordExport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportRecorded"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getCheckpoint: {
        parameters: {
            query?: {
                /** @description Wait until enough witnesses cosigned it, at most 5 s; then the note comes with those that did. */
                cosigned?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckpointNote"];
                };
            };
        };
    };
    listEntries: {
        parameters: {
            query?: {
                /**
                 * @description Only what is about this: `task:<id>`, `worker:<number>`, `run:<number>`, `manifest:<path>`, `pipeline:<root family>`,
                 *     `scheduler`, or an entity's ref; about an entity is also what its pipelines showed.
                 * @example component:default/payments-api
                 */
                subject?: string;
                /**
                 * @description Only these kinds; one that ends in a dot means all that begin with it: `entity.`
                 * @example entity.,manifest.
                 */
                kind?: string;
                /** @description Only by these principals. */
                principal?: string;
                /** @description Only what happened at this time or later, as RFC 3339. */
                since?: string;
                /** @description Only what happened before this time, as RFC 3339. */
                until?: string;
                /** @description `asc` (if not given): in order; `desc`: the latest first */
                order?: string;
                /** @description From this one on, in that order; entries are counted from 0. Not given: from the first, or from the last. */
                from?: number;
                /** @description At most so many: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryPage"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its place, from 0 */
                seq: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    proveEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its place, from 0 */
                seq: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryProof"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getLedgerHead: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Head"];
                };
            };
        };
    };
    listLeaves: {
        parameters: {
            query?: {
                /** @description From this one on; entries are counted from 0. */
                from?: number;
                /** @description At most so many: 1 to 10,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    /** @description Entries in the ledger */
                    "X-Ledger-Size"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/jsonl": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getName: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its number in entries */
                name: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NameText"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getText: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its SHA-256, in hex */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    listMySessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
        };
    };
    listMyTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
        };
    };
    makeMyToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listOwners: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnerList"];
                };
            };
        };
    };
    getOwner: {
        parameters: {
            query?: {
                /** @description Skip so many. */
                offset?: number;
                /** @description At most so many: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description A ref with its slash written `%2F`, a name alone, or an e-mail address that Luigi gave */
                owner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnerDetail"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    pause: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paused"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listPipelines: {
        parameters: {
            query?: {
                /** @description That these owners answer for, separated by commas: each a ref, a name alone, or an e-mail address that Luigi gave. */
                owner?: string;
                /** @description Also what the groups within these owners answer for. */
                subgroups?: boolean;
                /** @description With this in their name or the ref of their component. */
                text?: string;
                /** @description Only those whose last run that ended did not succeed. */
                failing?: boolean;
                /** @description `name` (if not given), `started`, `duration` (the median), `success` or `failing_since` */
                sort?: string;
                /** @description `asc` (if not given) or `desc`. What has no value comes last both ways. */
                order?: string;
                /** @description Skip so many. */
                offset?: number;
                /** @description At most so many: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PipelinePage"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listResources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceList"];
                };
            };
        };
    };
    setResource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The resource */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResourceTotal"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description Of this pipeline: the family of its root task, or the ref of the component that it belongs to. */
                pipeline?: string;
                /** @description `running`, `succeeded`, `failed`, `incomplete` or `lost` */
                outcome?: string;
                /**
                 * @description Of pipelines that these owners answer for, separated by commas: each a ref, a name alone, or an e-mail address that
                 *     Luigi gave.
                 */
                owner?: string;
                /** @description Also of what the groups within these owners answer for. */
                subgroups?: boolean;
                /** @description That started at this time or later, in RFC 3339. */
                since?: string;
                /** @description Whose pipeline, root task, worker, host or user contains this. */
                text?: string;
                /** @description Only runs whose worker is still here, whether they have ended or not. */
                worker_here?: boolean;
                /** @description `started` (if not given), `duration`, `pipeline` or `outcome` */
                sort?: string;
                /** @description `asc` or `desc`; not given: the latest and the longest first, names by the alphabet. */
                order?: string;
                /** @description Older than this run: where the next page of the latest runs starts. */
                before?: number;
                /** @description Skip so many: where the next page starts in any other order. */
                offset?: number;
                /** @description At most so many: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunPage"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getChangesOfRun: {
        parameters: {
            query?: {
                /** @description What changed at this time or later: the `next_since` of the answer before. Not given: only how the run is. */
                since?: string;
            };
            header?: never;
            path: {
                /** @description The run's number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunChanges"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    compareRuns: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the first run */
                id: number;
                /** @description The number of the second */
                other: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunComparison"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    explainRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The run's number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplanationView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getGraphOfRun: {
        parameters: {
            query?: {
                /**
                 * @description `auto`: with more than 300 tasks each family is one node; `all`: in any case; `none`: in no case.
                 * @example auto
                 */
                collapse?: string;
                /** @description Families, separated by commas, whose tasks are shown all the same. */
                expand?: string;
            };
            header?: never;
            path: {
                /** @description The run's number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskGraph"];
                };
            };
            /** @description It is as `If-None-Match` says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description It is too large for a picture */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    drawGraphOfRun: {
        parameters: {
            query?: {
                /**
                 * @description `auto`: with more than 300 tasks each family is one node; `all`: in any case; `none`: in no case.
                 * @example auto
                 */
                collapse?: string;
                /** @description Families, separated by commas, whose tasks are shown all the same. */
                expand?: string;
            };
            header?: never;
            path: {
                /** @description The run's number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/svg+xml": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description It is too large for a picture */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retryRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The run's number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunRetry"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listTasksOfRun: {
        parameters: {
            query?: {
                /** @description Only with one of these of Luigi's statuses: `FAILED`, `DISABLED`, `RUNNING`, `BATCH_RUNNING`, `PENDING`, `UNKNOWN`, `DONE` */
                status?: string;
                /** @description Only of one of these families. */
                family?: string;
                /** @description Only with this in their id or a parameter. */
                text?: string;
                /** @description `id` (if not given), `status` (what failed first), `duration` (the longest first) or `started` */
                sort?: string;
                /** @description Skip so many. */
                offset?: number;
                /** @description At most so many: 1 to 10,000. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The run's number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunTaskPage"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getTimelineOfRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The run's number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            /** @description It is as `If-None-Match` says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search: {
        parameters: {
            query?: {
                /** @description What was typed, at most 200 characters: words of names, a ref, the number of a run. Case does not count. */
                q?: string;
                /** @description Only these kinds, separated by commas: `component`, `team`, `entity`, `pipeline`, `run`, `task` */
                kind?: string;
                /** @description At most so many: 1 to 50. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchResult"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
        };
    };
    getTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Luigi's task id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskDetail"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    markTaskAsDone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Luigi's task id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskStatus"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    explainTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Luigi's task id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplanationView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    forgiveTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Luigi's task id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskStatus"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getGraphAroundTask: {
        parameters: {
            query?: {
                /** @description `up`: what it needs; `down`: what needs it; `both`, each for itself; not given: `both`. */
                direction?: string;
                /** @description So many steps; not given: all the way. */
                depth?: number;
                /** @description As for a run. */
                collapse?: string;
                /** @description As for a run. */
                expand?: string;
            };
            header?: never;
            path: {
                /** @description Luigi's id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskGraph"];
                };
            };
            /** @description It is as `If-None-Match` says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    sendMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Luigi's task id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessageText"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageSent"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    getMessageAnswer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Luigi's task id */
                id: string;
                /** @description The message's id */
                message: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageAnswer"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    reEnableTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Luigi's task id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskStatus"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listTeams: {
        parameters: {
            query?: {
                /** @description With this in their name or ref; case does not count. */
                text?: string;
                /** @description `name` (if not given), `owned`, `unhealthy` or `members`. What is equal is in order of name. */
                sort?: string;
                /** @description `asc` (if not given) or `desc` */
                order?: string;
                /** @description Skip so many. */
                offset?: number;
                /** @description At most so many: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TeamPage"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    unpause: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paused"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    listWorkers: {
        parameters: {
            query?: {
                /** @description Skip so many. */
                offset?: number;
                /** @description At most so many: 1 to 1,000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    disableWorker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The client's own worker id */
                worker: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    setWorkerProcesses: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The client's own worker id */
                worker: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Processes"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerView"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
}
