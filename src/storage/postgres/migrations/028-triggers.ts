/** What SQLite's triggers keep, and what other processes hear of. */
export const triggers = `
CREATE FUNCTION count_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND old.state = 'waiting' AND new.state <> 'waiting' THEN
    UPDATE waiting_parts SET jobs = jobs - 1
      WHERE line = old.line AND lane = old.lane AND tier = old.tier AND round = old.round AND part = abs(old.turn_id % 16);
    DELETE FROM waiting_parts
      WHERE line = old.line AND lane = old.lane AND tier = old.tier AND round = old.round AND part = abs(old.turn_id % 16)
        AND jobs = 0;
  ELSE
    INSERT INTO waiting_parts VALUES (new.line, new.lane, new.tier, new.round, abs(new.turn_id % 16), 1)
      ON CONFLICT (line, lane, tier, round, part) DO UPDATE SET jobs = waiting_parts.jobs + 1;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_waits_from_birth AFTER INSERT ON jobs FOR EACH ROW WHEN (new.state = 'waiting')
  EXECUTE FUNCTION count_waiting();
CREATE TRIGGER jobs_waits_or_not AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN ((old.state = 'waiting') <> (new.state = 'waiting')) EXECUTE FUNCTION count_waiting();

CREATE FUNCTION delete_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE result_copies SET state = 'delete', tries = 0, job_id = NULL WHERE job_id = old.id;
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_gone_with_copies AFTER DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION delete_copies();

CREATE FUNCTION know_people() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  person json;
  chat json;
BEGIN
  BEGIN
    person := coalesce(new.body::json #> '{message,from}', new.body::json #> '{callback_query,from}');
    chat := coalesce(new.body::json #> '{message,chat}', new.body::json #> '{callback_query,message,chat}');
    IF json_typeof(person -> 'id') IS DISTINCT FROM 'number' OR (person ->> 'id') !~ '^[1-9][0-9]*$'
      OR person ->> 'id' = '777000' OR coalesce(person ->> 'is_bot', 'false') = 'true' THEN
      RETURN NULL;
    END IF;
    INSERT INTO people (id, username, language, has_chat, first_update_id, first_seen_ms, last_seen_ms)
    VALUES ((person ->> 'id')::bigint, lower(person ->> 'username'), person ->> 'language_code',
      (coalesce(chat ->> 'type', '') = 'private')::integer, new.update_id, new.kept_at_ms, new.kept_at_ms)
    ON CONFLICT (id) DO UPDATE SET username = excluded.username, language = excluded.language,
      has_chat = greatest(people.has_chat, excluded.has_chat), last_seen_ms = excluded.last_seen_ms
    WHERE people.username IS DISTINCT FROM excluded.username OR people.language IS DISTINCT FROM excluded.language
      OR people.has_chat < excluded.has_chat OR excluded.last_seen_ms - people.last_seen_ms >= 3600000;
  EXCEPTION WHEN data_exception THEN
    NULL; -- An update that is not JSON, or names a character that no text may hold, is of nobody.
  END;
  RETURN NULL;
END $$;
CREATE TRIGGER inbox_knows_people AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION know_people();

CREATE FUNCTION keep_past() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ended json;
BEGIN
  IF coalesce(new.wishes::json ->> 'isPrivate', 'false') = 'true' OR NOT json_valid(new.outcome) THEN
    RETURN NULL;
  END IF;
  ended := new.outcome::json;
  INSERT INTO past_requests (job_id, user_id, kind, prompt, options, ended, model, payload, sent_files, asked_at_ms)
  VALUES (new.id, new.user_id, new.kind, new.prompt, new.options, ended ->> 'kind', ended ->> 'model',
    CASE WHEN ended #>> '{payload,kind}' = 'text' THEN NULL ELSE (ended -> 'payload')::text END,
    new.sent_files, new.accepted_at_ms)
  ON CONFLICT (job_id) DO UPDATE SET ended = excluded.ended, model = excluded.model, payload = excluded.payload,
    sent_files = coalesce(excluded.sent_files, past_requests.sent_files);
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_told_are_past AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN (new.state = 'told' AND old.state <> 'told' AND new.held IS NULL AND new.forgotten = 0 AND new.outcome IS NOT NULL)
  EXECUTE FUNCTION keep_past();

-- Heard after the commit. A job that stops running lets its person's next one start in any line: that names none.
CREATE FUNCTION tell_of_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.state = 'waiting' THEN
    PERFORM pg_notify('darkroom', 'waits ' || new.line);
  ELSIF new.state = 'ended' THEN
    PERFORM pg_notify('darkroom', 'ended ' || new.id);
    IF TG_OP = 'UPDATE' AND old.state = 'running' AND new.fence <> old.fence THEN
      PERFORM pg_notify('darkroom', 'stop ' || new.id);
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_added_are_told AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION tell_of_jobs();
CREATE TRIGGER jobs_changed_are_told AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN (new.state <> old.state) EXECUTE FUNCTION tell_of_jobs();
`;
