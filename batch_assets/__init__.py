"""From a retailer's raw daily files to scored predictions, a batch a day.

The layers, each a folder: `lake` (raw files), `marts` (cleaned tables), `features` (what is known as of a day), `models`,
`predictions`. A new table is a new file in its layer's folder and nothing else.

A *batch* is everything that arrived in the lake for one store-local day, and what is made of it. It is *published* whole
or not at all, with a row in the *ledger*; rows that are not accepted go to the *quarantine* with their reason.
"""
