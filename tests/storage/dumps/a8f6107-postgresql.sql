-- Written by zimerr at commit a8f6107 (schema 0005), in Slack's sandbox: messages that are answered, given up and waiting.
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.annotated (
    team character varying(32) NOT NULL,
    channel character varying(32) NOT NULL,
    ts character varying(32) NOT NULL,
    thread character varying(32) NOT NULL,
    act character varying(8) NOT NULL,
    reply character varying(32),
    codes json NOT NULL,
    shapes json NOT NULL,
    at double precision NOT NULL
);
CREATE TABLE public.channel_settings (
    team character varying(32) NOT NULL,
    channel character varying(32) NOT NULL,
    language character varying(8),
    mode character varying(8)
);
CREATE TABLE public.enterprise_teams (
    team character varying(32) NOT NULL,
    enterprise character varying(32) NOT NULL
);
CREATE TABLE public.explained (
    team character varying(32) NOT NULL,
    channel character varying(32) NOT NULL,
    thread character varying(32) NOT NULL,
    code integer NOT NULL,
    reply character varying(32) NOT NULL,
    count integer NOT NULL,
    at double precision NOT NULL
);
CREATE TABLE public.inbox (
    id bigint NOT NULL,
    event_id character varying(64),
    team character varying(32) NOT NULL,
    channel character varying(32) NOT NULL,
    "user" character varying(32) NOT NULL,
    ts character varying(32) NOT NULL,
    thread character varying(32) NOT NULL,
    kind character varying(48) NOT NULL,
    codes json NOT NULL,
    detail json NOT NULL,
    state character varying(8) NOT NULL,
    attempts integer NOT NULL,
    refused integer NOT NULL,
    received_at double precision NOT NULL,
    next_attempt_at double precision NOT NULL,
    lease_until double precision,
    lease_owner character varying(128),
    finished_at double precision,
    reason text
);
CREATE SEQUENCE public.inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.inbox_id_seq OWNED BY public.inbox.id;
CREATE TABLE public.language_votes (
    team character varying(32) NOT NULL,
    channel character varying(32) NOT NULL,
    en integer NOT NULL,
    zh integer NOT NULL
);
CREATE TABLE public.refused_shapes (
    team character varying(32) NOT NULL,
    channel character varying(32) NOT NULL,
    shape character varying(16) NOT NULL
);
CREATE TABLE public.slack_bots (
    id integer NOT NULL,
    client_id character varying(32) NOT NULL,
    app_id character varying(32) NOT NULL,
    enterprise_id character varying(32),
    enterprise_name character varying(200),
    team_id character varying(32),
    team_name character varying(200),
    bot_token text,
    bot_id character varying(32),
    bot_user_id character varying(32),
    bot_scopes character varying(1000),
    bot_refresh_token text,
    bot_token_expires_at timestamp without time zone,
    is_enterprise_install boolean NOT NULL,
    installed_at timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.slack_bots_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.slack_bots_id_seq OWNED BY public.slack_bots.id;
CREATE TABLE public.slack_oauth_states (
    id integer NOT NULL,
    state character varying(200) NOT NULL,
    expire_at timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.slack_oauth_states_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.slack_oauth_states_id_seq OWNED BY public.slack_oauth_states.id;
CREATE TABLE public.told (
    team character varying(32) NOT NULL,
    channel character varying(32) NOT NULL,
    what character varying(32) NOT NULL,
    at double precision NOT NULL
);
ALTER TABLE ONLY public.inbox ALTER COLUMN id SET DEFAULT nextval('public.inbox_id_seq'::regclass);
ALTER TABLE ONLY public.slack_bots ALTER COLUMN id SET DEFAULT nextval('public.slack_bots_id_seq'::regclass);
ALTER TABLE ONLY public.slack_oauth_states ALTER COLUMN id SET DEFAULT nextval('public.slack_oauth_states_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0005');
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588224', '1795724873.588224', 'reply', '1795724873.701008', '[6000106]', '["de1efb050d2b5f0c"]', 1795724873.7188702);
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ZHIBAN', '1795724873.588674', '1795724873.588674', 'reply', '1795724873.722001', '[6000106]', '["c7712bc8018eee2d"]', 1795724873.7359478);
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588344', '1795724873.588344', 'reply', '1795724873.808323', '[6000121]', '["de1efb050d2b5f0c"]', 1795724873.8173175);
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588412', '1795724873.588412', 'reply', '1795724873.862466', '[6000354]', '["de1efb050d2b5f0c"]', 1795724873.8639662);
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588486', '1795724873.588486', 'reply', '1795724873.899411', '[6000281]', '["de1efb050d2b5f0c"]', 1795724873.9005833);
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ZHIBAN', '1795724873.722635', '1795724873.588674', 'count', NULL, '[6000106]', '["243f79e03457c073"]', 1795724873.9903731);
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588549', '1795724873.588549', 'reply', '1795724873.995979', '[6000204]', '["de1efb050d2b5f0c"]', 1795724873.9968297);
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588609', '1795724873.588609', 'reply', '1795724874.783274', '[6000322]', '["de1efb050d2b5f0c"]', 1795724874.7983387);
INSERT INTO public.annotated VALUES ('T0DEMO', 'C0ONCALL', '1795724879.777488', '1795724879.777488', 'reply', '1795724879.835858', '[6000103,6000104]', '["d461117fda056515"]', 1795724879.8368642);
INSERT INTO public.channel_settings VALUES ('T0DEMO', 'C0ZHIBAN', 'zh', NULL);
INSERT INTO public.channel_settings VALUES ('T0DEMO', 'C0ONCALL', NULL, 'thread');
INSERT INTO public.channel_settings VALUES ('T0DEMO', 'C0QUIET', NULL, 'react');
INSERT INTO public.enterprise_teams VALUES ('T0ORGTEAM', 'E0ORG');
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588224', 6000106, '1795724873.701008', 1, 1795724873.7188702);
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588344', 6000121, '1795724873.808323', 1, 1795724873.8173175);
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588412', 6000354, '1795724873.862466', 1, 1795724873.8639662);
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588486', 6000281, '1795724873.899411', 1, 1795724873.9005833);
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ZHIBAN', '1795724873.588674', 6000106, '1795724873.722001', 2, 1795724873.7359478);
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588549', 6000204, '1795724873.995979', 1, 1795724873.9968297);
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ONCALL', '1795724873.588609', 6000322, '1795724874.783274', 1, 1795724874.7983387);
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ONCALL', '1795724879.777488', 6000103, '1795724879.835858', 1, 1795724879.8368642);
INSERT INTO public.explained VALUES ('T0DEMO', 'C0ONCALL', '1795724879.777488', 6000104, '1795724879.835858', 1, 1795724879.8368642);
INSERT INTO public.inbox VALUES (1, 'Ev00004EB8AC4', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724873.588224', '1795724873.588224', 'message', '[6000106]', '{"sightings":[[6000106,true,false,"de1efb050d2b5f0c"]]}', 'done', 1, 0, 1795724873.6070762, 1795724873.7748952, NULL, NULL, 1795724873.7748952, NULL);
INSERT INTO public.inbox VALUES (7, 'Ev00010F14714', 'T0DEMO', 'C0ZHIBAN', 'U0LIN', '1795724873.588674', '1795724873.588674', 'message', '[6000106]', '{"sightings":[[6000106,true,false,"c7712bc8018eee2d"]]}', 'done', 1, 0, 1795724873.6091413, 1795724873.793704, NULL, NULL, 1795724873.793704, NULL);
INSERT INTO public.inbox VALUES (2, 'Ev000067ADBEA', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724873.588344', '1795724873.588344', 'message', '[6000121]', '{"sightings":[[6000121,true,false,"de1efb050d2b5f0c"]]}', 'done', 1, 0, 1795724873.6075606, 1795724873.8503516, NULL, NULL, 1795724873.8503516, NULL);
INSERT INTO public.inbox VALUES (3, 'Ev00008538A87', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724873.588412', '1795724873.588412', 'message', '[6000354]', '{"sightings":[[6000354,true,false,"de1efb050d2b5f0c"]]}', 'done', 1, 0, 1795724873.6078491, 1795724873.886384, NULL, NULL, 1795724873.886384, NULL);
INSERT INTO public.inbox VALUES (4, 'Ev0000A959E7F', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724873.588486', '1795724873.588486', 'message', '[6000281]', '{"sightings":[[6000281,true,false,"de1efb050d2b5f0c"]]}', 'done', 1, 0, 1795724873.6081927, 1795724873.9745948, NULL, NULL, 1795724873.9745948, NULL);
INSERT INTO public.inbox VALUES (5, 'Ev0000C39A3B0', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724873.588549', '1795724873.588549', 'message', '[6000204]', '{"sightings":[[6000204,true,false,"de1efb050d2b5f0c"]]}', 'done', 1, 0, 1795724873.6084337, 1795724874.062394, NULL, NULL, 1795724874.062394, NULL);
INSERT INTO public.inbox VALUES (8, 'Ev0002401A69C', 'T0DEMO', 'C0ZHIBAN', 'U0LIN', '1795724873.722635', '1795724873.588674', 'message', '[6000106]', '{"sightings":[[6000106,true,false,"243f79e03457c073"]]}', 'done', 1, 0, 1795724873.7432532, 1795724874.1498334, NULL, NULL, 1795724874.1498334, NULL);
INSERT INTO public.inbox VALUES (6, 'Ev0000E0C6555', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724873.588609', '1795724873.588609', 'message', '[6000322]', '{"sightings":[[6000322,true,false,"de1efb050d2b5f0c"]]}', 'done', 1, 0, 1795724873.6086433, 1795724874.8178477, NULL, NULL, 1795724874.8178477, NULL);
INSERT INTO public.inbox VALUES (9, 'Ev00026B26D61', 'T0DEMO', 'C0ONCALL', 'U0BEN', '1795724873.722731', '1795724873.722731', 'message', '[6000104]', '{"sightings":[[6000104,true,false,"de1efb050d2b5f0c"]]}', 'done', 1, 0, 1795724873.7435708, 1795724875.7977777, NULL, NULL, 1795724875.7977777, NULL);
INSERT INTO public.inbox VALUES (10, 'Ev0005C2A9D43', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724879.777488', '1795724879.777488', 'message', '[6000103,6000104,6000106]', '{"sightings":[[6000103,true,false,"d461117fda056515"],[6000104,true,false,"d461117fda056515"],[6000106,true,false,"d461117fda056515"]]}', 'done', 1, 0, 1795724879.7786725, 1795724879.9005935, NULL, NULL, 1795724879.9005935, NULL);
INSERT INTO public.inbox VALUES (11, 'Ev0006EC784F1', 'T0DEMO', 'C0ZHIBAN', 'U0LIN', '1795724881.366562', '1795724881.366562', 'message', '[6000103]', '{"sightings":[[6000103,true,false,"b417a425242e551f"]]}', 'dead', 1, 0, 1795724881.36757, 1795724881.4511511, NULL, NULL, 1795724881.4511511, 'restricted_action_thread_locked');
INSERT INTO public.inbox VALUES (13, 'Ev000740B6C1F', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724883.368222', '1795724883.368222', 'changed:1795724883.368410', '[6000002]', '{"sightings":[[6000002,true,false,"2ad65c64265337f6"]]}', 'pending', 0, 0, 1795724883.3775318, 1795725483.4231136, NULL, NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (12, 'Ev00072287A42', 'T0DEMO', 'C0ONCALL', 'U0ANN', '1795724883.368222', '1795724883.368222', 'message', '[6000001]', '{"sightings":[[6000001,true,false,"2ad65c64265337f6"]]}', 'pending', 1, 1, 1795724883.3770916, 1795725483.4231136, NULL, NULL, NULL, 'ratelimited');
INSERT INTO public.inbox VALUES (14, 'Ev00077CCDC59', 'T0DEMO', 'C0ONCALL', 'U0LIN', '1795724883.368476', '1795724883.368476', 'asked', '[]', '{"sightings":[]}', 'pending', 0, 0, 1795724883.3777757, 1795725483.4231138, NULL, NULL, NULL, NULL);
INSERT INTO public.language_votes VALUES ('T0DEMO', 'C0ONCALL', 5, 0);
INSERT INTO public.refused_shapes VALUES ('T0DEMO', 'C0ONCALL', 'de1efb050d2b5f0c');
INSERT INTO public.slack_bots VALUES (1, '111.222', 'A0ZIMERR', NULL, NULL, 'T0OURS', 'Ours', 'gAAAAABrCJZVSBmfZZ-wgwpU4rySkUtV4Lq1opwRoGdg1lqhS2uPFTlbD8feWmAVazxEVM3mWNSFwo6y6VD3_qAs8h7ZajDiug==', 'B1', 'U1', 'commands,chat:write', 'gAAAAABrCJZVq45NbBdbhJS0bjqdF8dkU4HdGiiHFzCPdTZezESa2mNGQzdE748IyR65YLn00M34_NbPaDDdT0iTTXPL9_TDow==', '2026-11-26 13:33:20', false, '2026-11-25 09:46:40');
INSERT INTO public.slack_bots VALUES (2, '111.222', 'A0ZIMERR', NULL, NULL, 'T0THEIRS', 'Theirs 团队', 'gAAAAABrCJZVQB73Xj8T8VRTlGdaLcNd7ZOCHpztdqXc6z1jV1bvCTN6ZofQH8kFpK9sGqBsE8DMFC2qy3raIT_CwIaY6lGT3xYGMc3yFfr7kSmsGiHIZTI=', 'B1', 'U1', 'commands,chat:write', NULL, NULL, false, '2026-11-25 09:46:40');
INSERT INTO public.slack_bots VALUES (3, '111.222', 'A0ZIMERR', 'E0ORG', 'Org', NULL, NULL, 'gAAAAABrCJZVOFhecQ1iMuiBlhfC9UzdqsmPg6rEU_rYVmUPmjGERNpqxptHwAAnUVKcVhswAhzK6Km6zBHCFP_qofa9ofnOww==', 'B2', 'U3', 'commands', NULL, NULL, true, '2026-11-25 09:46:41');
INSERT INTO public.slack_oauth_states VALUES (1, '79df9ef2-0986-4630-a66a-44627f78bb69', '2026-11-26 20:38:05.467707');
INSERT INTO public.told VALUES ('T0DEMO', 'C0ZHIBAN', 'restricted_action', 1795724881.4211583);
INSERT INTO public.told VALUES ('T0DEMO', 'C0ONCALL', 'not_in_channel', 1795690000);
SELECT pg_catalog.setval('public.inbox_id_seq', 14, true);
SELECT pg_catalog.setval('public.slack_bots_id_seq', 3, true);
SELECT pg_catalog.setval('public.slack_oauth_states_id_seq', 1, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.annotated
    ADD CONSTRAINT annotated_pkey PRIMARY KEY (team, channel, ts);
ALTER TABLE ONLY public.channel_settings
    ADD CONSTRAINT channel_settings_pkey PRIMARY KEY (team, channel);
ALTER TABLE ONLY public.enterprise_teams
    ADD CONSTRAINT enterprise_teams_pkey PRIMARY KEY (team);
ALTER TABLE ONLY public.explained
    ADD CONSTRAINT explained_pkey PRIMARY KEY (team, channel, thread, code);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_event UNIQUE (event_id, kind);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_message UNIQUE (team, channel, ts, kind);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.language_votes
    ADD CONSTRAINT language_votes_pkey PRIMARY KEY (team, channel);
ALTER TABLE ONLY public.refused_shapes
    ADD CONSTRAINT refused_shapes_pkey PRIMARY KEY (team, channel, shape);
ALTER TABLE ONLY public.slack_bots
    ADD CONSTRAINT slack_bots_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.slack_oauth_states
    ADD CONSTRAINT slack_oauth_states_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.told
    ADD CONSTRAINT told_pkey PRIMARY KEY (team, channel, what);
CREATE INDEX explained_lately ON public.explained USING btree (team, channel, at);
CREATE INDEX inbox_done ON public.inbox USING btree (finished_at) WHERE ((state)::text = 'done'::text);
CREATE INDEX inbox_open ON public.inbox USING btree (thread, id) WHERE ((state)::text = ANY ((ARRAY['pending'::character varying, 'working'::character varying])::text[]));
CREATE INDEX inbox_pending ON public.inbox USING btree (next_attempt_at, id) WHERE ((state)::text = 'pending'::text);
CREATE INDEX inbox_working ON public.inbox USING btree (lease_until) WHERE ((state)::text = 'working'::text);
CREATE INDEX ix_annotated_at ON public.annotated USING btree (at);
CREATE INDEX slack_bots_idx ON public.slack_bots USING btree (client_id, enterprise_id, team_id, installed_at);
