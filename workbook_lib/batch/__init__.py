"""Many packs: one per audit and period, in processes of this machine or on a Dask cluster, and an index of them.

`tasks` says what is to be made and makes one pack; `processes` and `cluster` make many at once; `index` tells of all.
"""
