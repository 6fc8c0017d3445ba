-- Failed enrolments, counted for all processes together: a code is not guessed by asking each of them.

CREATE TABLE enrolment_attempts (
  attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  address text NOT NULL,
  at timestamptz NOT NULL
);
