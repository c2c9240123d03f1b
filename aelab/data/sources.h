#pragma once

// Every source of data that aelab knows.

#include "aelab/data/sources/array_sources.h"
#include "aelab/data/sources/csv_source.h"
#include "aelab/data/sources/derived_sources.h"
#include "aelab/data/sources/dsprites.h"
#include "aelab/data/sources/idx_sources.h"
#include "aelab/data/sources/image_sources.h"
#include "aelab/data/sources/parquet_source.h"
#include "aelab/data/sources/sae_bench.h"
#include "aelab/data/sources/sparse_source.h"
#include "aelab/data/sources/sprites.h"
#include "aelab/data/sources/synthetic.h"
#include "aelab/data/sources/windows_source.h"
#include "aelab/data/sources/xy_scenes.h"
