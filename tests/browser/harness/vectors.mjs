// Ends of a status near clock changes: at `now`, the `rule` gives the instant `at`, which clocks in
// the zone show as `local` (day and time).
export const VECTORS = [
  // The first of two passes of 02:30, in summer time.
  { zone: 'Europe/Berlin', now: '2026-10-25T00:30:00Z', rule: '1h', at: '2026-10-25T01:30:00.000Z', local: '25 02:30' },
  // Clocks are set back at 02:00.
  { zone: 'America/New_York', now: '2026-11-01T05:45:00Z', rule: '30m', at: '2026-11-01T06:15:00.000Z', local: '1 01:15' },
  // The night has 23 hours.
  { zone: 'Europe/Berlin', now: '2027-03-27T15:00:00Z', rule: 'morning', at: '2027-03-28T07:00:00.000Z', local: '28 09:00' },
  // Clocks are set back by half an hour.
  { zone: 'Australia/Lord_Howe', now: '2027-04-03T14:50:00Z', rule: '30m', at: '2027-04-03T15:20:00.000Z', local: '4 01:50' },
  // Midnight is skipped.
  { zone: 'America/Sao_Paulo', now: '2018-11-03T23:00:00Z', rule: 'midnight', at: '2018-11-04T03:00:00.000Z', local: '4 01:00' },
  // The 30th of December was skipped.
  { zone: 'Pacific/Apia', now: '2011-12-29T22:00:00Z', rule: 'morning', at: '2011-12-30T19:00:00.000Z', local: '31 09:00' },
  // An offset of 5:45 hours.
  { zone: 'Asia/Kathmandu', now: '2026-11-25T10:07:00Z', rule: 'dayEnd', at: '2026-11-25T12:15:00.000Z', local: '25 18:00' },
  // A week with a clock change, to the other side of the date line.
  { zone: 'Pacific/Auckland', now: '2027-04-02T00:30:00Z', rule: 'monday', at: '2027-04-04T21:00:00.000Z', local: '5 09:00' },
];
