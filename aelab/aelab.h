#pragma once

// All that experiment programs need.

#include "aelab/core/memory.h"
#include "aelab/data/source.h"
#include "aelab/data/sources.h"
#include "aelab/evaluation/metrics/accuracy.h"
#include "aelab/evaluation/metrics/reconstruction.h"
#include "aelab/models/convolutional.h"
#include "aelab/models/dense.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/penalties.h"
#include "aelab/runs/run.h"
#include "aelab/training/callbacks/early_stopping.h"
#include "aelab/training/callbacks/pictures.h"
#include "aelab/training/trainer.h"
