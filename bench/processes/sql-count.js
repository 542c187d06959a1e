import { DatabaseSync, StatementSync } from 'node:sqlite';

// Preloaded: the question 'sql' is answered with how many statements were run, and how many commits changed something.
let statements = 0;
let commits = 0;
const owners = new WeakMap();
const changes = new WeakMap();

function wrap({ prototype }, name, wrapper) {
  const original = prototype[name];
  prototype[name] = function counted(...given) {
    return wrapper(this, (self = this) => original.apply(self, given), given[0]);
  };
  return original;
}

const prepare = wrap(DatabaseSync, 'prepare', (database, run) => {
  const statement = run();
  owners.set(statement, database);
  return statement;
});
const read = StatementSync.prototype['get'];

function noteCommit(database) {
  if (!database.isOpen || database.isTransaction) return;
  const known = changes.get(database) ?? { counter: prepare.call(database, 'SELECT total_changes() AS sum'), sum: 0 };
  changes.set(database, known);
  const { sum } = read.call(known.counter);
  if (sum !== known.sum) commits += 1;
  known.sum = sum;
}

wrap(DatabaseSync, 'exec', (database, run, sql) => {
  statements += sql.split(';').filter((one) => one.trim() !== '').length;
  const result = run();
  noteCommit(database);
  return result;
});
for (const name of ['get', 'all', 'run']) {
  wrap(StatementSync, name, (statement, run) => {
    statements += 1;
    const result = run();
    noteCommit(owners.get(statement));
    return result;
  });
}
process.on('message', (question) => {
  if (question === 'sql') process.send({ statements, commits });
});
process.channel?.unref();
