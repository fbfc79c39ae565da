/** The function, which then runs just once for the same argument: programs under test take a while. */
export function remember<A, R>(compute: (argument: A) => R): (argument: A) => R {
  const known = new Map<string, R>();
  return (argument) => {
    const key = JSON.stringify(argument);
    const result = known.get(key) ?? compute(argument);
    known.set(key, result);
    return result;
  };
}
