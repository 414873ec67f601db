"""Which dtypes backends run, and which they refuse. Written by `python -m tools.accepted_dtypes`."""

#: For each backend the dtypes on which nothing can be run, with the layers and operations.
REFUSED = {
    "jax": {
        "": """
            Discretization:output_mode=count Discretization:output_mode=one_hot
            Resizing:interpolation=bicubic Resizing:interpolation=lanczos3
            Resizing:interpolation=lanczos5 Resizing:interpolation=nearest
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5
            ops.image.resize:interpolation=bicubic ops.image.resize:interpolation=lanczos3
            ops.image.resize:interpolation=lanczos5 ops.image.resize:interpolation=nearest
        """,
        "bool": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D Attention
            AveragePooling1D AveragePooling2D AveragePooling3D CategoryEncoding:output_mode=count
            CategoryEncoding:output_mode=one_hot PReLU Softmax Subtract ops.cdist ops.cross
            ops.kron ops.log_sigmoid ops.log_softmax ops.negative ops.one_hot ops.psnr ops.ptp
            ops.round ops.sign ops.softmax ops.subtract ops.vander
        """,
        "bool complex64 complex128": """
            ops.argpartition
        """,
        "bool float16 bfloat16 float32 float64 complex64 complex128": """
            ops.gcd ops.lcm
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64": """
            UnitNormalization ops.glu ops.image.gaussian_blur ops.normalize ops.rsqrt ops.sigmoid
            ops.silu
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D
            RandomSaturation STFTSpectrogram SeparableConv1D SeparableConv2D ops.erf
            ops.image.elastic_transform ops.quantile
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.stft
        """,
        "complex64 complex128": """
            AutoContrast Bidirectional ContrastLimitedAdaptiveHistogramEqualization GRU LSTM RNN
            RandomBrightness RandomContrast SimpleRNN ops.binary_crossentropy
            ops.categorical_crossentropy ops.cbrt ops.ceil ops.clip ops.ctc_decode ops.erfc
            ops.erfinv ops.floor ops.floor_divide ops.fmod ops.heaviside ops.hypot
            ops.image.affine_transform ops.isneginf ops.isposinf ops.median ops.mod ops.nanargmax
            ops.nanargmin ops.nanmedian ops.nextafter ops.saturate_cast ops.sparse_sigmoid
            ops.top_k ops.trunc ops.unravel_index
        """,
        "float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_and ops.bitwise_left_shift ops.bitwise_or ops.bitwise_right_shift
            ops.bitwise_xor ops.left_shift ops.right_shift
        """,
        "float8_e4m3fn float8_e5m2": """
            GroupNormalization LayerNormalization ops.image.perspective_transform
            ops.image.rgb_to_grayscale ops.layer_normalization ops.norm ops.rms_normalization
            ops.view_as_complex
        """,
        "float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.argmax ops.argmin ops.signbit ops.sparse_categorical_crossentropy
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky ops.det ops.eig ops.eigh ops.inv ops.logdet ops.lstsq ops.lu_factor
            ops.matrix_rank ops.pinv ops.qr ops.slogdet ops.solve ops.svd
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.polar ops.rfft
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_invert ops.bitwise_not
        """,
        "uint8 uint16 uint32 uint64": """
            ops.image.sobel_edges
        """,
    },
    "tensorflow": {
        "": """
            CategoryEncoding:output_mode=one_hot
        """,
        "bfloat16": """
            ops.i0
        """,
        "bool": """
            Add Average Multiply Subtract ops.add ops.cdist ops.conjugate ops.hypot ops.kron
            ops.multiply ops.power ops.subtract
        """,
        "bool complex64 complex128": """
            Activation AdditiveAttention LeakyReLU Maximum Minimum RandomBrightness ReLU ops.cross
            ops.floor_divide ops.fmax ops.fmin ops.heaviside ops.maximum ops.minimum
        """,
        "bool float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_and ops.bitwise_left_shift ops.bitwise_or ops.bitwise_right_shift
            ops.bitwise_xor ops.gcd ops.lcm ops.left_shift ops.right_shift
        """,
        "bool float8_e4m3fn float8_e5m2": """
            ops.fold ops.psnr ops.real ops.unfold ops.view ops.view_as_real
        """,
        "bool float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.greater ops.greater_equal ops.leaky_relu ops.less ops.less_equal ops.ptp ops.relu
            ops.relu6 ops.round ops.top_k ops.unique ops.unravel_index
        """,
        "bool float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            HashedCrossing ops.bitwise_invert ops.bitwise_not
        """,
        "bool uint16 uint32 uint64 int8 int16 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.affine_transform
        """,
        "bool uint32 uint64 complex64 complex128": """
            AdaptiveMaxPooling1D AdaptiveMaxPooling2D MaxPooling1D MaxPooling2D Resizing
            Resizing:interpolation=area Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
            Resizing:interpolation=nearest UpSampling2D:interpolation=area
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5
        """,
        "bool uint32 uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.resize ops.image.resize:interpolation=area
            ops.image.resize:interpolation=bicubic ops.image.resize:interpolation=lanczos3
            ops.image.resize:interpolation=lanczos5 ops.image.resize:interpolation=nearest
            ops.max_pool
        """,
        "bool uint64 float8_e4m3fn float8_e5m2": """
            ops.sign
        """,
        "bool uint8 uint16 uint32 uint64": """
            ops.geomspace
        """,
        "bool uint8 uint16 uint32 uint64 float8_e4m3fn float8_e5m2": """
            ops.negative
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 complex64 complex128": """
            ops.dot_product_attention
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 float8_e4m3fn float8_e5m2": """
            ops.moments
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
            AdaptiveMaxPooling3D Attention AveragePooling1D AveragePooling2D AveragePooling3D
            Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D
            ConvLSTM2D ConvLSTM3D DepthwiseConv1D DepthwiseConv2D ELU MaxPooling3D PReLU
            RandomContrast RandomSaturation STFTSpectrogram SeparableConv1D SeparableConv2D Softmax
            UnitNormalization ops.erfc
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.glu ops.hard_shrink ops.reciprocal ops.rsqrt ops.sigmoid ops.silu ops.squareplus
            ops.tanh_shrink
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 bfloat16": """
            ops.inv ops.qr
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.average_pool ops.binary_crossentropy ops.categorical_crossentropy ops.celu ops.elu
            ops.erf ops.erfinv ops.gelu ops.hard_sigmoid ops.hard_silu ops.hard_tanh
            ops.image.elastic_transform ops.image.gaussian_blur ops.image.sobel_edges
            ops.log_sigmoid ops.log_softmax ops.logsumexp ops.normalize ops.selu ops.soft_shrink
            ops.softmax ops.softplus ops.softsign ops.sparse_categorical_crossentropy
            ops.sparse_plus ops.sparse_sigmoid ops.sparsemax ops.threshold
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky_inverse ops.det ops.eig ops.eigh ops.logdet ops.lstsq ops.slogdet
            ops.solve ops.solve_triangular ops.svd
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.cholesky ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.matrix_rank ops.pinv
            ops.polar ops.rfft ops.stft
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.extract_patches
        """,
        "complex64 complex128": """
            AutoContrast Bidirectional GRU GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
            GroupQueryAttention LSTM MultiHeadAttention RNN SimpleRNN ops.arctan2 ops.ceil
            ops.ctc_decode ops.floor ops.fmod ops.isfinite ops.isinf ops.isnan ops.logaddexp
            ops.logaddexp2 ops.median ops.mod ops.nan_to_num ops.nanmax ops.nanmedian ops.nanmin
            ops.nanpercentile ops.nanquantile ops.nanstd ops.nanvar ops.quantile
        """,
        "float8_e4m3fn float8_e5m2": """
            GroupNormalization LayerNormalization ops.absolute ops.allclose ops.count_nonzero
            ops.cumprod ops.cumsum ops.depth_to_space ops.diag ops.diagflat ops.diagonal ops.diff
            ops.empty_like ops.equal ops.exp ops.exp2 ops.expm1 ops.fabs ops.flip ops.fliplr
            ops.flipud ops.full_like ops.imag ops.image.hsv_to_rgb ops.image.pad_images
            ops.image.rgb_to_grayscale ops.image.rgb_to_hsv ops.isclose ops.layer_normalization
            ops.nanprod ops.norm ops.not_equal ops.ones_like ops.prod ops.repeat
            ops.rms_normalization ops.roll ops.rot90 ops.space_to_depth ops.square ops.std
            ops.trace ops.tril ops.triu ops.vander ops.zeros_like
        """,
        "float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.amax ops.amin ops.argmax ops.argmin ops.argsort ops.clip ops.isin ops.max ops.min
            ops.nanargmax ops.nanargmin ops.nancumprod ops.nancumsum ops.percentile ops.sort
            ops.trunc
        """,
        "uint16 float8_e4m3fn float8_e5m2": """
            ops.tile
        """,
        "uint64": """
            ops.corrcoef
        """,
        "uint64 complex64 complex128": """
            Discretization Discretization:output_mode=count Discretization:output_mode=one_hot
        """,
        "uint64 float8_e4m3fn float8_e5m2": """
            ops.deg2rad ops.rad2deg
        """,
        "uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.digitize ops.saturate_cast
        """,
        "uint8 uint16 uint32 uint64 int8 int16": """
            CategoryEncoding CategoryEncoding:output_mode=count
        """,
    },
    "torch": {
        "bool uint64": """
            Subtract ops.cdist ops.cross ops.power ops.subtract
        """,
        "bool uint64 complex64 complex128": """
            Activation MaxPooling2D MaxPooling3D PReLU RandomContrast ReLU ops.floor_divide
            ops.hypot ops.linspace
        """,
        "bool uint64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_left_shift ops.bitwise_right_shift ops.gcd ops.lcm ops.left_shift
            ops.right_shift
        """,
        "bool uint64 float8_e4m3fn float8_e5m2": """
            ops.image.extract_patches ops.image.sobel_edges ops.negative ops.softsign
            ops.tanh_shrink
        """,
        "bool uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.affine_transform ops.max_pool ops.ptp ops.relu ops.relu6 ops.round
            ops.searchsorted ops.sparsemax ops.threshold ops.top_k
        """,
        "bool uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.unravel_index
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
            AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Attention Conv1D
            Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D
            ConvLSTM3D DepthwiseConv1D DepthwiseConv2D ELU EinsumDense GroupQueryAttention
            LeakyReLU MaxPooling1D MultiHeadAttention RandomSaturation SeparableConv1D
            SeparableConv2D Softmax ops.dot_product_attention
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.moments ops.psnr ops.silu
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.binary_crossentropy ops.celu ops.elu ops.gelu ops.glu ops.hard_shrink
            ops.hard_sigmoid ops.hard_silu ops.image.elastic_transform ops.image.gaussian_blur
            ops.leaky_relu ops.log_sigmoid ops.log_softmax ops.selu ops.soft_shrink ops.softmax
            ops.softplus
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky ops.det ops.eig ops.eigh ops.inv ops.logdet ops.lstsq ops.matrix_rank
            ops.pinv ops.qr ops.slogdet ops.solve ops.solve_triangular ops.svd
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.stft
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64": """
            ops.imag ops.view_as_real
        """,
        "bool uint8 uint16 uint64 int8 int16 int32 complex64 complex128": """
            AveragePooling1D AveragePooling2D AveragePooling3D
        """,
        "bool uint8 uint16 uint64 int8 int16 int32 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.average_pool
        """,
        "bool uint8 uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.hard_tanh
        """,
        "float8_e4m3fn float8_e5m2": """
            ops.image.hsv_to_rgb ops.image.rgb_to_hsv
        """,
        "uint64": """
            ActivityRegularization Add AlphaDropout AugMix Average BatchNormalization Bidirectional
            CategoryEncoding CategoryEncoding:output_mode=count
            CategoryEncoding:output_mode=one_hot CenterCrop Concatenate Cropping1D Cropping2D
            Cropping3D CutMix Dense Dot Dropout Embedding Flatten GRU GaussianDropout GaussianNoise
            GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D Identity LSTM
            Masking MelSpectrogram MixUp Multiply Normalization Permute RMSNormalization RNN
            RandAugment RandomColorDegeneration RandomColorJitter RandomCrop RandomElasticTransform
            RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert
            RandomPerspective RandomPosterization RandomRotation RandomSharpness RandomShear
            RandomTranslation RandomZoom RepeatVector Rescaling Reshape Resizing
            Resizing:interpolation=bicubic Resizing:interpolation=nearest ReversibleEmbedding
            SimpleRNN Solarization SpatialDropout1D SpatialDropout2D SpatialDropout3D
            SpectralNormalization TimeDistributed UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear UpSampling3D
            ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.absolute ops.add ops.all ops.angle
            ops.any ops.append ops.arccos ops.arccosh ops.arcsin ops.arcsinh ops.arctan ops.arctanh
            ops.argpartition ops.array ops.array_split ops.average ops.broadcast_to ops.cast
            ops.concatenate ops.conjugate ops.convert_to_tensor ops.copy ops.corrcoef ops.cos
            ops.cosh ops.depth_to_space ops.diag ops.diagflat ops.diagonal ops.divide
            ops.divide_no_nan ops.dot ops.dsplit ops.dstack ops.empty_like ops.equal
            ops.expand_dims ops.extract_sequences ops.fabs ops.flipud ops.full_like ops.get_item
            ops.hsplit ops.hstack ops.i0 ops.image.crop_images ops.image.pad_images
            ops.image.resize ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=nearest ops.inner ops.isnan ops.isreal ops.kron ops.log
            ops.log10 ops.log1p ops.log2 ops.logaddexp ops.matmul ops.mean ops.moveaxis
            ops.multi_hot ops.multiply ops.nextafter ops.not_equal ops.one_hot ops.ones_like
            ops.outer ops.ravel ops.real ops.repeat ops.reshape ops.roll ops.sin ops.sinc ops.sinh
            ops.size ops.space_to_depth ops.split ops.sqrt ops.squeeze ops.stack ops.stop_gradient
            ops.sum ops.swapaxes ops.tan ops.tanh ops.tensordot ops.tile ops.transpose
            ops.trapezoid ops.true_divide ops.unstack ops.var ops.view ops.vsplit ops.vstack
            ops.where ops.zeros_like
        """,
        "uint64 complex64 complex128": """
            AdditiveAttention AutoContrast ContrastLimitedAdaptiveHistogramEqualization
            Discretization Discretization:output_mode=count Discretization:output_mode=one_hot
            GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D Maximum Minimum
            RandomBrightness UnitNormalization ops.arctan2 ops.ceil ops.ctc_decode ops.erfc
            ops.floor ops.fmax ops.fmin ops.fmod ops.geomspace ops.heaviside ops.logaddexp2
            ops.logspace ops.maximum ops.median ops.minimum ops.mod ops.nanmax ops.nanmean
            ops.nanmedian ops.nanmin ops.nanstd ops.nansum ops.nanvar ops.quantile
        """,
        "uint64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_and ops.bitwise_or ops.bitwise_xor
        """,
        "uint64 float8_e4m3fn": """
            ops.isfinite ops.isinf
        """,
        "uint64 float8_e4m3fn float8_e5m2": """
            GroupNormalization ops.allclose ops.count_nonzero ops.cumprod ops.cumsum ops.diff
            ops.exp ops.exp2 ops.expm1 ops.flip ops.fliplr ops.image.rgb_to_grayscale ops.isclose
            ops.logical_and ops.logical_not ops.logical_or ops.logical_xor ops.logsumexp
            ops.nan_to_num ops.nancumprod ops.nancumsum ops.nanprod ops.norm ops.prod
            ops.reciprocal ops.rms_normalization ops.rot90 ops.rsqrt ops.sigmoid ops.square
            ops.squareplus ops.std ops.trace ops.tril ops.triu ops.vander
        """,
        "uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            LayerNormalization ops.amax ops.amin ops.argmax ops.argmin ops.argsort
            ops.categorical_crossentropy ops.cbrt ops.clip ops.deg2rad ops.digitize ops.erf
            ops.erfinv ops.greater ops.greater_equal ops.isin ops.isneginf ops.isposinf
            ops.layer_normalization ops.less ops.less_equal ops.max ops.min ops.nanargmax
            ops.nanargmin ops.normalize ops.rad2deg ops.saturate_cast ops.sign ops.signbit ops.sort
            ops.sparse_categorical_crossentropy ops.sparse_plus ops.sparse_sigmoid ops.trunc
            ops.unique
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16": """
            ops.view_as_complex
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.polar ops.rfft
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_invert ops.bitwise_not
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.fold ops.unfold
        """,
    },
}
#: For each backend the layers that give the dtype of their integers when they run; Keras declares
#: their results as floats.
PASSES = {
    "jax": """
        Activation ActivityRegularization AdaptiveMaxPooling1D AdaptiveMaxPooling2D
        AdaptiveMaxPooling3D Add AlphaDropout Concatenate
        ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dot Dropout
        GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum Multiply RMSNormalization
        RandomBrightness ReLU RepeatVector Resizing Resizing:interpolation=bicubic
        Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
        Resizing:interpolation=nearest SpatialDropout1D SpatialDropout2D SpatialDropout3D
        SpectralNormalization Subtract UpSampling1D UpSampling2D UpSampling2D:interpolation=bicubic
        UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=lanczos3
        UpSampling2D:interpolation=lanczos5 UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        ops.searchsorted ops.view_as_real
    """,
    "tensorflow": """
        Activation ActivityRegularization AdaptiveMaxPooling1D AdaptiveMaxPooling2D Add
        AlphaDropout Concatenate Cropping1D Cropping2D Cropping3D Dot Dropout GaussianDropout
        GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D Masking MaxPooling1D
        MaxPooling2D Maximum Minimum Multiply RMSNormalization RandomBrightness ReLU RepeatVector
        Resizing Resizing:interpolation=area Resizing:interpolation=bicubic
        Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
        Resizing:interpolation=nearest SpatialDropout1D SpatialDropout2D SpatialDropout3D
        SpectralNormalization Subtract UpSampling1D UpSampling2D UpSampling2D:interpolation=area
        UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
        UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5 UpSampling3D
        ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.view_as_real
    """,
    "torch": """
        Activation ActivityRegularization Add AlphaDropout Concatenate
        ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dot Dropout
        GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        Masking MaxPooling2D MaxPooling3D Maximum Minimum Multiply RMSNormalization
        RandomBrightness ReLU RepeatVector Resizing Resizing:interpolation=bicubic
        Resizing:interpolation=nearest SpatialDropout1D SpatialDropout2D SpatialDropout3D
        SpectralNormalization Subtract UpSampling1D UpSampling2D UpSampling2D:interpolation=bicubic
        UpSampling2D:interpolation=bilinear UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        ops.searchsorted
    """,
}
