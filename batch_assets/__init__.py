"""From a retailer's raw daily files to scored predictions, one batch per day.

Each layer is a folder: `lake` (raw files), `marts` (cleaned tables), `features` (what is known as of a day), `models` and
`predictions`. To add a table, add one file to its layer's folder; nothing else is needed.

A *batch* is everything that arrived in the lake for one store-local day, and all that is computed from it. It is *published*
in full or not at all, with a row in the *ledger*. Rows that are not accepted go to the *quarantine*, with the reason.
"""
